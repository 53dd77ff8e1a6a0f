"""The generated demonstration bank, with its planted answers. See `demo.bank.write`."""
