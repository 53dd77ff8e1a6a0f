"""What pages are made of: tables, pictures and words, all of which show hostile text as text."""
