"""Arrays that are worked out once for a snapshot and kept with it on disk, so that one question about a large book does
not prepare the whole of it again.

A subclass says how they are worked out; `of` takes them from the folder where the snapshot was saved with them. They
are named there for the code that made them: what an earlier version wrote is not read by a later one.
"""

from __future__ import annotations

import hashlib
import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

Array = np.ndarray[Any, Any]
K = TypeVar("K", bound="KeptArrays")

_KINDS = b"kinds"


class KeptArrays(ABC):
    """NAME: of the file. MADE_BY: the modules by whose code the arrays came about."""

    NAME: ClassVar[str]
    MADE_BY: ClassVar[tuple[ModuleType, ...]] = ()

    @abstractmethod
    def __init__(self, snapshot: Snapshot, arrays: Mapping[str, Array]) -> None:
        """From what `work_out` made, whether just now or on disk."""

    @classmethod
    @abstractmethod
    def work_out(cls, snapshot: Snapshot) -> dict[str, Array]:
        """The arrays by name, one-dimensional, from the snapshot alone."""

    @classmethod
    def of(cls: type[K], snapshot: Snapshot) -> K:
        """The snapshot's own: made once, shared by all who ask."""
        return snapshot.derived(cls._made)

    @classmethod
    def _made(cls: type[K], snapshot: Snapshot) -> K:
        return cls(snapshot, cls.arrays(snapshot))

    @classmethod
    def arrays(cls, snapshot: Snapshot) -> Mapping[str, Array]:
        """The arrays, not to be written to: from the snapshot's folder where it has them, else worked out."""
        return snapshot.derived(cls._arrays)

    @classmethod
    def _arrays(cls, snapshot: Snapshot) -> Mapping[str, Array]:
        path = None if snapshot.folder is None else snapshot.folder / cls.file_name()
        if path is not None and path.exists():
            return map_arrays(path)
        return {name: frozen(array) for name, array in cls.work_out(snapshot).items()}

    @classmethod
    def file_name(cls) -> str:
        """Name of the file in a snapshot's folder; another one whenever the code is another."""
        digest = hashlib.sha256()
        for module in (inspect.getmodule(cls), *cls.MADE_BY):
            assert module is not None
            assert module.__file__ is not None
            digest.update(Path(module.__file__).read_bytes())
        return f"kept_{cls.NAME}_{digest.hexdigest()[:12]}.arrow"


def frozen(array: Array) -> Array:
    """The array, no longer to be written to. Compiled kernels tell such arrays from others: what is mapped from disk is
    of this sort, and so is what was just made, so that one compiled kernel serves both."""
    array.setflags(write=False)
    return array


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write one-dimensional arrays of any lengths into one Arrow file: a row in which each is a list."""
    kinds = {name: array.dtype.str for name, array in arrays.items()}
    columns = []
    for array in arrays.values():
        values = pa.array(array.view(np.uint8) if array.dtype == bool else array)
        columns.append(pa.LargeListArray.from_arrays(pa.array([0, len(array)], pa.int64()), values))
    table = pa.table(columns, names=list(arrays))
    table = table.replace_schema_metadata({_KINDS: ",".join(f"{name}={kind}" for name, kind in kinds.items())})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def map_arrays(path: Path) -> dict[str, Array]:
    """The inverse of `write_arrays`; the arrays are mapped from the file and not copied."""
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    kinds = dict(entry.split("=") for entry in table.schema.metadata[_KINDS].decode().split(","))
    return {
        name: table[name].chunk(0).values.to_numpy(zero_copy_only=True).view(np.dtype(kind))
        for name, kind in kinds.items()
    }
