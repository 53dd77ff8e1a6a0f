"""Where things are in the desk: the page of a record, relative to any other page."""

from __future__ import annotations

from urllib.parse import urlencode

QUEUE, ALERT, BORROWER = "queue", "alert", "borrower"
FILES = {QUEUE: "ui/pages/queue.py", ALERT: "ui/pages/alert.py", BORROWER: "ui/pages/borrower.py"}
"""The file of each page, relative to `app.py`; the first one is the front page."""


def address(page: str, **params: object) -> str:
    """The address of a page: ``alert?id=3``; the front page is ``.``. A list gives its parameter several times."""
    query = urlencode(params, doseq=True)
    path = "." if page == QUEUE else page
    return f"{path}?{query}" if query else path
