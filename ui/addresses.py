"""Where things are in the desk: its pages, and the page of a record, relative to any other page."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True)
class Place:
    """One page: its name in addresses, which is also the name of its file and of its section in the catalogue.

    group  the heading under which the menu has it
    icon   beside its name there
    listed False for pages that are about one record, which the menu cannot lead to
    """

    name: str
    group: str
    icon: str
    listed: bool = True

    @property
    def file(self) -> str:
        """Its file, relative to `app.py`."""
        return f"ui/pages/{self.name}.py"


QUEUE, ALERT, CASES, BORROWER, EXPLORER = "queue", "alert", "cases", "borrower", "explorer"
SUPPRESSIONS = "suppressions"
PORTFOLIO, SWEEPS, DETECTORS = "portfolio", "sweeps", "detectors"
DATA, AUDIT, SETTINGS = "data", "audit", "settings"
PLACES = (
    Place(QUEUE, "casework", ":material/notifications:"),
    Place(ALERT, "casework", ":material/search_insights:", listed=False),
    Place(CASES, "casework", ":material/folder_open:"),
    Place(SUPPRESSIONS, "casework", ":material/notifications_paused:"),
    Place(BORROWER, "casework", ":material/account_balance:"),
    Place(EXPLORER, "casework", ":material/hub:"),
    Place(PORTFOLIO, "detection", ":material/monitoring:"),
    Place(SWEEPS, "detection", ":material/radar:"),
    Place(DETECTORS, "detection", ":material/rule:"),
    Place(DATA, "detection", ":material/database:"),
    Place(AUDIT, "control", ":material/receipt_long:"),
    Place(SETTINGS, "control", ":material/settings:"),
)
"""In the order of the menu; the first one is the front page."""


def address(page: str, /, **params: object) -> str:
    """The address of a page: ``alert?id=3``; the front page is ``.``. A list gives its parameter several times."""
    query = urlencode(params, doseq=True)
    path = "." if page == QUEUE else page
    return f"{path}?{query}" if query else path
