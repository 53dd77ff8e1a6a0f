"""What is reviewed again and again after a loan was paid out: the checklist of the ten methods, the indicators, the
diary of what is due."""
