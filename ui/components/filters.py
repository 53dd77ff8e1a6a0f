"""Filters that live in the address: a colleague who opens it sees the same, and going back undoes a choice.

The address is the truth. Before a filter is drawn it takes its value from there; when the reader changes it, the
address changes. Values are codes, so that an address means the same in both languages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

NONE_CHOSEN = "any"
"""Stands in the address where the reader took every choice away, which is not the same as saying nothing."""


def chosen(name: str, options: Sequence[str], default: Sequence[str] = ()) -> list[str]:
    """What the address says of a filter with these options, in their order; `default` where it says nothing valid."""
    said = st.query_params.get_all(name)
    if said == [NONE_CHOSEN]:
        return []
    valid = [option for option in options if option in said]
    return valid or list(default)


def pills(
    name: str, label: str, options: Sequence[str], words: Callable[[str], str], default: Sequence[str] = ()
) -> list[str]:
    """Any number of a few options; none chosen means all."""
    key = f"filter_{name}"
    st.session_state[key] = chosen(name, options, default)

    def remember() -> None:
        _write(name, st.session_state[key], default)

    st.pills(label, options, selection_mode="multi", format_func=words, key=key, on_change=remember)
    return chosen(name, options, default)


def select(name: str, label: str, options: Sequence[str], words: Callable[[str], str], everything: str) -> str | None:
    """One of many options, or all of them, which is called `everything`."""
    key = f"filter_{name}"
    st.session_state[key] = next(iter(chosen(name, options)), None)

    def remember() -> None:
        _write(name, [st.session_state[key]] if st.session_state[key] else [], ())

    st.selectbox(label, options, format_func=words, placeholder=everything, key=key, on_change=remember, index=None)
    return next(iter(chosen(name, options)), None)


def toggle(name: str, label: str) -> bool:
    """Something that is shown or left out."""
    key = f"filter_{name}"
    st.session_state[key] = bool(chosen(name, ["1"]))

    def remember() -> None:
        _write(name, ["1"] if st.session_state[key] else [], ())

    st.toggle(label, key=key, on_change=remember)
    return bool(chosen(name, ["1"]))


def number(name: str, default: int) -> int:
    """A positive number that the address names; `default` where it names none."""
    said = st.query_params.get(name, "")
    return max(int(said), 1) if said.isdecimal() and len(said) < 9 else default


def page(pages: int) -> int:
    """Which page of a long list, from 1; the control is drawn only where there are several."""
    current = min(number("page", 1), pages)
    if pages < 2:
        return 1
    key = "filter_page"
    st.session_state[key] = current

    def remember() -> None:
        st.query_params["page"] = str(st.session_state[key])

    st.pagination(pages, key=key, on_change=remember)
    return current


def _write(name: str, values: Sequence[str], default: Sequence[str]) -> None:
    st.query_params.pop("page", None)
    if sorted(values) == sorted(default):
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = list(values) or [NONE_CHOSEN]
