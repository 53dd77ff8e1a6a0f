"""`@kernel`: a function compiled by numba, whose machine code is kept on disk so that the next process finds it.

numba can keep code by itself (``cache=True``), and loses track of it in three ways, all of which end in wrong answers
or a corrupt memory, and none of which says so:

* it numbers the files of a function's versions (one for each combination of argument types). Two processes that compile
  at once give two versions one number, and the index then names the one for the other;
* it writes the index before the file. A process killed in between leaves an index that names code of older sources;
* it looks at the sources of the function alone, not of the kernels that were built into it.

Here a file has a name of its own and is written before the index, and code counts as fresh while the sources of all the
kernels it can call are what they were. Two that write at once lose an entry of the index at worst, and compile again.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import ast
import hashlib
import sys
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, overload

from numba import njit
from numba.core.caching import FunctionCache, IndexDataCacheFile

F = TypeVar("F", bound=Callable[..., Any])


@overload
def kernel(function: F) -> F: ...


@overload
def kernel(**options: Any) -> Callable[[F], F]: ...


def kernel(function: Any = None, **options: Any) -> Any:
    """Compile when first called, without Python's lock. `options` are those of `numba.njit`, but for ``cache``."""

    def compiled(plain: Any) -> Any:
        made = njit(plain, nogil=True, **options)
        made._cache = KeptCode(plain)  # numba has no other place for it
        return made

    return compiled if function is None else compiled(function)


class KeptCode(FunctionCache):
    """The versions of one function on disk; see the module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = Versions(self._cache_path, self._impl.filename_base, stamp(function.__module__))


class Versions(IndexDataCacheFile):
    """Index and files of one function's versions."""

    def save(self, key: Any, data: Any) -> None:
        """Keep a version: its file first, under a name that nobody else writes, then the index."""
        name = self._data_name_pattern.format(number=uuid.uuid4().int)
        self._save_data(name, data)
        versions = self._load_index()
        before = versions.get(key)
        self._save_index({**versions, key: name})
        if before is not None:
            Path(self._data_path(before)).unlink(missing_ok=True)


def stamp(module: str) -> str:
    """What tells the sources of a module, and of those of its package that it imports from, from others: hexadecimal
    digits of their SHA-256."""
    digest = hashlib.sha256()
    for name in sorted(_sources(module)):
        digest.update(name.encode() + b"\0" + _source(name) + b"\0")
    return digest.hexdigest()


def _sources(module: str) -> set[str]:
    """The module, and those of its package that it imports anything from, and that they do."""
    package = module.rpartition(".")[0]
    found, waiting = {module}, [module]
    while waiting:
        for node in ast.walk(ast.parse(_source(waiting.pop()))):
            if not isinstance(node, ast.ImportFrom) or node.module is None:
                continue
            named = [f"{package}.{name.name}" for name in node.names] if node.module == package else [node.module]
            new = {name for name in named if name.startswith(f"{package}.")} - found
            found |= new
            waiting += new
    return found


@cache
def _source(module: str) -> bytes:
    path = sys.modules[module].__file__
    assert path is not None
    return Path(path).read_bytes()
