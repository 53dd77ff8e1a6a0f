"""The formats: one module each, found by walking this package. `ingest/contract.py` says what a module must have."""

from __future__ import annotations

import importlib
import pkgutil
from typing import cast

from ingest.contract import Reader


def readers() -> dict[str, Reader]:
    """Every reader by the name of its format. Raises ValueError where two have one name."""
    found: dict[str, Reader] = {}
    for entry in pkgutil.iter_modules(__path__, prefix=f"{__name__}."):
        reader = cast(Reader, importlib.import_module(entry.name))
        if reader.FORMAT in found:
            raise ValueError(f"two readers are named {reader.FORMAT}")
        found[reader.FORMAT] = reader
    return found
