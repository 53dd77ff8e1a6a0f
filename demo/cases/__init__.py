"""The planted stories, one file a detector: what is wrong in it, and beside it what only looks wrong."""
