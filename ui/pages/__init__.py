"""One file a page; Streamlit runs the file, tests call its `show`."""
