"""The parameters of a detector as a form: each with its meaning, its bounds and its default."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import streamlit as st

from detectors.contract import MINOR_UNIT, Parameter
from presentation.formats import NOTHING, Formats
from presentation.words import Words
from ui.desk import Desk


def parameter_fields(desk: Desk, parameters: Mapping[str, Parameter], values: Mapping[str, Any], key: str) -> None:
    """Draw one field a parameter, filled with `values` at first; to be drawn inside a form."""
    columns = st.columns(2, gap="medium")
    for number, (name, parameter) in enumerate(parameters.items()):
        with columns[number % 2]:
            _field(desk, name, parameter, values[name], f"{key}_{name}")


def entered(parameters: Mapping[str, Parameter], key: str) -> dict[str, str]:
    """What stands in the fields now, as text for `registry.parse`."""
    return {name: str(st.session_state[f"{key}_{name}"]).strip() for name in parameters}


def fill(parameters: Mapping[str, Parameter], values: Mapping[str, Any], key: str) -> None:
    """Put values into the fields; before they are drawn."""
    for name, parameter in parameters.items():
        st.session_state[f"{key}_{name}"] = _written(parameter, values[name])


def _field(desk: Desk, name: str, parameter: Parameter, value: Any, key: str) -> None:
    if key not in st.session_state:
        st.session_state[key] = _written(parameter, value)
    label = f"{desk.say(parameter.meaning)} ({unit(desk.words, parameter, desk.currency)})"
    help_ = desk.words(
        "detectors.field_help", name=name, bounds=_bounds(desk, parameter), default=_default(desk, parameter)
    )
    if parameter.source:
        help_ += " " + desk.words("detectors.field_source", source=parameter.source)
    if isinstance(parameter.default, str) or parameter.unit == MINOR_UNIT:
        st.text_input(label, key=key, help=help_)
    elif isinstance(parameter.default, int):
        st.number_input(label, min_value=parameter.low, max_value=parameter.high, step=1, key=key, help=help_)
    else:
        st.number_input(
            label,
            min_value=float(parameter.low),
            max_value=float(parameter.high),
            step=0.01,
            format="%.4f",
            key=key,
            help=help_,
        )


def _written(parameter: Parameter, value: Any) -> Any:
    """A value as its field takes it: amounts exactly, in currency units, which `Parameter.parse` reads back."""
    if parameter.unit == MINOR_UNIT:
        return f"{Decimal(value).scaleb(-2):.2f}"
    return float(value) if isinstance(parameter.default, float) else value


def _bounds(desk: Desk, parameter: Parameter) -> str:
    if parameter.low is None:
        return desk.words("detectors.any_text", default=str(parameter.default))
    low, high = (
        parameter_value(desk.words, desk.formats, parameter, end, desk.currency)
        for end in (parameter.low, parameter.high)
    )
    return desk.words("detectors.bounds", low=low, high=high)


def _default(desk: Desk, parameter: Parameter) -> str:
    return parameter_value(desk.words, desk.formats, parameter, parameter.default, desk.currency)


def parameter_value(words: Words, formats: Formats, parameter: Parameter, given: Any, currency: str) -> str:
    """A parameter's value with its unit: ``30 days``, ``20%``, an amount in the book's own currency."""
    if given is None:
        return NOTHING
    if parameter.unit == MINOR_UNIT:
        return formats.money(given, currency)
    if parameter.unit == "share":
        return formats.share(given)
    if isinstance(given, str):
        return given
    number = formats.whole(given) if isinstance(given, int) else formats.decimal(given)
    return f"{number} {words.of('unit', parameter.unit.replace(' ', '_'))}"


def unit(words: Words, parameter: Parameter, currency: str) -> str:
    """In what a parameter is counted."""
    if parameter.unit == MINOR_UNIT:
        return currency
    return words.of("unit", parameter.unit.replace(" ", "_"))
