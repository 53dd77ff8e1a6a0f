"""Putting markup on the page. It is a tree (`presentation.markup`), so what a file contained can only be text in it;
Streamlit passes it through DOMPurify as well, which takes scripts out should one ever get in.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

import streamlit as st

from presentation.markup import html


def show(element: Element) -> None:
    """Put the element on the page."""
    st.html(html(element))
