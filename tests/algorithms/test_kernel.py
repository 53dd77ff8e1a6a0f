"""Machine code on disk is never taken for other code, whoever writes at the same time or is killed while writing."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graph.algorithms.kernel import Versions, stamp

ROOT = Path(__file__).resolve().parents[2]


def versions(folder: Path, sources: str = "as they are") -> Any:
    return Versions(str(folder), "function", sources)


def test_a_version_is_found_again_and_replaced(tmp_path: Path) -> None:
    versions(tmp_path).save("int", b"code for int")
    versions(tmp_path).save("float", b"code for float")
    versions(tmp_path).save("int", b"better code for int")
    kept = versions(tmp_path)
    assert (kept.load("int"), kept.load("float")) == (b"better code for int", b"code for float")
    assert len(list(tmp_path.glob("*.nbc"))) == 2


def test_code_of_other_sources_is_not_loaded(tmp_path: Path) -> None:
    versions(tmp_path).save("int", b"code for int")
    assert versions(tmp_path, "changed").load("int") is None


@pytest.mark.parametrize("steps", ["iiff", "iffi", "ifif", "fiif", "fifi", "ffii"])
def test_two_that_write_at_once_never_give_one_the_code_of_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: str
) -> None:
    # Each of the two writes two files. Both began when nothing was kept; they are written in every order.
    writes: dict[str, list[Any]] = {"i": [], "f": []}
    for who, key in (("i", "int"), ("f", "float")):
        one = versions(tmp_path)
        for step in ("_save_data", "_save_index"):
            real = getattr(one, step)
            monkeypatch.setattr(one, step, lambda *given, who=who, real=real: writes[who].append((real, given)))
        one.save(key, f"code for {key}")
    for who in steps:
        real, given = writes[who].pop(0)
        real(*given)
    kept = versions(tmp_path)
    found = {key: kept.load(key) for key in ("int", "float")}
    assert set(found.items()) <= {("int", "code for int"), ("float", "code for float"), ("int", None), ("float", None)}
    assert any(found.values())


def test_killed_before_the_index_is_written_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions(tmp_path, "older").save("int", "older code")

    def killed(_: Any) -> None:
        raise KeyboardInterrupt

    dying = versions(tmp_path)
    monkeypatch.setattr(dying, "_save_index", killed)
    with pytest.raises(KeyboardInterrupt):
        dying.save("int", "code")
    assert versions(tmp_path).load("int") is None
    assert versions(tmp_path, "older").load("int") == "older code"


def test_code_is_as_fresh_as_all_that_is_built_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "kernels_of_a_test"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "inner.py").write_text("def inner(): ...", encoding="utf-8")
    (package / "outer.py").write_text("from kernels_of_a_test.inner import inner", encoding="utf-8")
    (package / "apart.py").write_text("def apart(): ...", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    def stamps() -> dict[str, str]:
        for name in [name for name in sys.modules if name.startswith("kernels_of_a_test")]:
            del sys.modules[name]
        from graph.algorithms import kernel as module

        module._source.cache_clear()
        importlib.invalidate_caches()
        names = ("inner", "outer", "apart")
        for name in names:
            importlib.import_module(f"kernels_of_a_test.{name}")
        return {name: stamp(f"kernels_of_a_test.{name}") for name in names}

    before = stamps()
    (package / "inner.py").write_text("def inner(): return 'changed'", encoding="utf-8")
    after = stamps()
    assert {name for name in before if before[name] != after[name]} == {"inner", "outer"}


def test_a_kernel_is_kept_for_the_next_process(tmp_path: Path) -> None:
    (tmp_path / "kept.py").write_text(
        "from graph.algorithms.kernel import kernel\n\n\n@kernel\ndef twice(number):\n    return 2 * number\n",
        encoding="utf-8",
    )
    ask = "from kept import twice; print(twice(21), sum(twice.stats.cache_hits.values()))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    said = [
        subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert [line.split() for line in said] == [["42", "0"], ["42", "1"]]
