"""The desk. `loantrail serve` runs this file, and so does `streamlit run app.py`."""

from ui.frame import run

run()
