"""The graph canvas: our own Streamlit component around cytoscape.js. `build.py` bundles what the browser loads.

The browser keeps what is on the canvas and asks for more by the trigger ``request`` (``{number, op, …}``); the next run
of the page gives the ``answer`` with the same number. `ui/explorer` answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

FOLDER = Path(__file__).parent
NAME = "loantrail.graph_canvas"


def bundled() -> bool:
    """Whether the canvas was built on this machine."""
    return len(list(FOLDER.glob("dist/canvas-*.js"))) == 1


def mount(key: str, data: Mapping[str, Any], on_request: Callable[[], None]) -> None:
    """Put the canvas on the page. `on_request` is called when ``st.session_state[key].request`` has a question."""
    _serve()
    canvas = st.components.v2.component(
        NAME,
        html='<div class="gc"></div>',
        css=(FOLDER / "style.css").read_text(encoding="utf-8"),
        js="canvas-*.js",
        isolate_styles=False,
    )
    canvas(key=key, data=dict(data), on_request_change=on_request)


def _serve() -> None:
    """Have Streamlit serve ``dist/``. It finds the folders of components by walking the installed distributions, and
    the desk also runs where it is not installed, so the folder is declared here."""
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(NAME) is None:
        project, _, component = NAME.partition(".")
        try:
            number = version(project)
        except PackageNotFoundError:
            number = "0"
        manifest = ComponentManifest(project, number, [ComponentConfig(component, asset_dir="dist")])
        manager.register_from_manifest(manifest, FOLDER)
