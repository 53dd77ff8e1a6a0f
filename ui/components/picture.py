"""Drawings on the page: put there by a few lines of script, with links that stay in the desk."""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

import streamlit as st

from ui.components.behaviour import asset


def show_picture(drawing: Element, key: str) -> None:
    """Put the drawing on the page."""
    host = st.components.v2.component(
        "loantrail_picture",
        html='<div class="lt-picture" tabindex="0"></div>',
        js=asset("picture.js"),
        isolate_styles=False,
    )
    host(key=key, data={"svg": tostring(drawing, encoding="unicode")})
