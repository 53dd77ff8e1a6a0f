"""What the canvas asks for and what it is told: `answers` decides, `elements` says it in the reader's words."""
