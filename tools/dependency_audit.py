"""Asks the advisory service about every pinned dependency, and says so loudly where it could not.

pip-audit ends with "no known vulnerabilities" also when the service knew none of the packages, as behind a mirror
without advisories. So its answer is read package by package: what was not audited is counted and named.

Exit codes: 0 nothing known, or not done (a machine without the service must still be able to check the rest); 1 a
dependency has a known vulnerability.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LOCKS = ("requirements.lock", "requirements-dev.lock")
SECONDS = 300


@dataclass(frozen=True)
class Answer:
    """What was learnt about one file of pins: packages asked about, not audited, and what is known of the others."""

    asked: int
    unaudited: tuple[str, ...]
    vulnerable: tuple[str, ...]
    trouble: str = ""


def read(stdout: str, stderr: str) -> Answer:
    """What pip-audit's JSON says; where there is none, its last word is the trouble."""
    try:
        dependencies = json.loads(stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        lines = stderr.strip().splitlines() or ["it said nothing"]
        return Answer(0, (), (), lines[-1][:300])
    return Answer(
        asked=len(dependencies),
        unaudited=tuple(found["name"] for found in dependencies if "skip_reason" in found),
        vulnerable=tuple(
            f"{found['name']} {found['version']}: {', '.join(known['id'] for known in found['vulns'])}"
            for found in dependencies
            if found.get("vulns")
        ),
    )


def report(lock: str, answer: Answer) -> list[str]:
    """Lines for whoever runs the check."""
    told = [f"{lock}: VULNERABLE: {known}" for known in answer.vulnerable]
    if answer.trouble:
        return [f"{lock}: NOT AUDITED: the advisory service could not be asked: {answer.trouble}"]
    if answer.unaudited:
        count = f"{len(answer.unaudited)} of {answer.asked}"
        names = ", ".join(answer.unaudited[:5]) + (", …" if len(answer.unaudited) > 5 else "")
        return [*told, f"{lock}: NOT AUDITED: {count} dependencies are unknown to the advisory service: {names}"]
    return told or [f"{lock}: {answer.asked} dependencies, no known vulnerability"]


def ask(lock: Path) -> Answer:
    """Run pip-audit on a file of pins with hashes."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--require-hashes", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "15"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Answer(0, (), (), f"no answer within {SECONDS} seconds")
    return read(done.stdout, done.stderr)


def main() -> int:
    """Audit every file of pins."""
    vulnerable = False
    for lock in LOCKS:
        answer = ask(Path(lock))
        print("\n".join(report(lock, answer)), flush=True)
        vulnerable |= bool(answer.vulnerable)
    return int(vulnerable)


if __name__ == "__main__":
    sys.exit(main())
