"""From files to the store: readers, exact conversion, validation, quarantine, and the load that runs them."""
