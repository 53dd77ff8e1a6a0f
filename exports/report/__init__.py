"""The post-loan report: one document, told chapter by chapter, that each format writes in its own way."""
