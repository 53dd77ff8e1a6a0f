"""``python -m detectors.skeleton NAME``: the two files a new detector consists of, ready to be filled in.

They are written so that the tests fail until the detector says what it finds.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from detectors.contract import SECTIONS, SECTIONS_ZH

ROOT = Path(__file__).parent.parent


def files(name: str) -> dict[Path, str]:
    """The files of a new detector by path below the project's root. Raises ValueError for a name that is no id."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise ValueError(f"{name!r} is no detector id; write lower-case words joined by _, named for the pattern found")
    english = "\n".join(f"{title}\n    " for title in SECTIONS)
    chinese = "\n".join(f"{title}\n    " for title in SECTIONS_ZH)
    detector = f'''"""One line: the pattern.

{english}
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from detectors.contract import Detector, parameter
from findings import Finding
from graph.columns import Text
from graph.schema import Drawdown
from graph.snapshot import Snapshot

DOC_ZH = """一句话：什么模式。

{chinese}
"""

META = Detector(
    title=Text(en="", zh=""),
    family="money_flow",
    method=1,
    severity="Y",
    maturity="trial",
    needs=(Drawdown,),
    words={{}},  # what its signals and blind spots are called: {{"name": Text(en="…", zh="…")}}
)


@dataclass(frozen=True)
class Params:
    within_days: int = parameter(30, unit="day", low=1, high=365, en="", zh="")


def detect(snapshot: Snapshot, params: Params, as_of: date) -> list[Finding]:
    findings: list[Finding] = []
    for drawdown in snapshot.judged(Drawdown):
        raise ValueError(f"say what {name} finds in {{drawdown.drawdown_id}}")
    return findings
'''
    test = f'''"""Tiny banks for {name}: positive, near miss, innocent look-alike, with the arithmetic beside them."""

from __future__ import annotations

from datetime import date

from detectors.{name} import Params, detect
from tests.story import story


def test_a_positive() -> None:
    bank = story(
        """
        company B
        B holds a
        2026-03-01  L1 of B pays 1,000 to a
        """
    )
    [finding] = detect(bank, Params(), as_of=date(2026, 4, 1))
    assert finding.identity == {{"drawdown_id": "L1-1"}}
'''
    return {
        ROOT / "detectors" / f"{name}.py": detector,
        ROOT / "tests" / "detectors" / f"test_{name}.py": test,
    }


def main(name: str) -> int:
    """Write the files; refuses to overwrite."""
    try:
        written = files(name)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for path in written:
        if path.exists():
            print(f"{path.relative_to(ROOT)} exists already", file=sys.stderr)
            return 2
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
