"""Long work of the desk: in a process of its own, so that no page waits for it and it can be stopped at any moment."""
