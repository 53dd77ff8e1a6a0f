"""How often Python looks for garbage while a sweep runs.

A sweep makes millions of rows and findings that it keeps and hardly one cycle of references. At Python's usual rhythm
(a look for each 700 objects) half of the time of a small sweep goes into looking through what nobody threw away.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

RHYTHM = (50_000, 20, 20)
"""New objects before the youngest are looked through, and how many looks at one generation before the next older."""

_lock = Lock()
_sweeping: list[tuple[int, int, int]] = []


@contextmanager
def seldom() -> Iterator[None]:
    """Look seldom inside, and as before once the last of those that overlap, in whatever threads, has ended."""
    with _lock:
        _sweeping.append(_sweeping[0] if _sweeping else gc.get_threshold())
        gc.set_threshold(*RHYTHM)
    try:
        yield
    finally:
        with _lock:
            before = _sweeping.pop()
            if not _sweeping:
                gc.set_threshold(*before)
