"""The desk's own style sheet and the few lines of script that every page needs."""

from __future__ import annotations

from importlib.resources import files

import streamlit as st

LANGUAGE_COOKIE = "loantrail-language"
"""Remembers the language that a reader chose; it says nothing else."""


def asset(name: str) -> str:
    """A style sheet or script of this folder."""
    return files("ui.components").joinpath(name).read_text(encoding="utf-8")


def install(language: str, dark: bool) -> None:
    """Give the page its style, and the browser what `behaviour.js` does. Called once a run."""
    st.html(f"<style>{asset('desk.css')}{asset('desk_dark.css') if dark else ''}</style>")
    behave = st.components.v2.component("loantrail_behaviour", js=asset("behaviour.js"), isolate_styles=False)
    behave(key="behaviour", data={"language": language, "cookie": LANGUAGE_COOKIE}, height=1)
