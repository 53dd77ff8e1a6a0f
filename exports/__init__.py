"""Lists for people outside: one file a format. Each reads the casebook only, and can be proved to be unchanged."""
