"""What a detector is: its metadata, its parameters, and the result of running it.

A detector module has a docstring with fixed sections, ``DOC_ZH`` with the same sections in Chinese, ``META``, a
frozen dataclass ``Params`` and a pure function ``detect(snapshot, params, as_of) -> list[Finding]``.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Literal, Protocol

from findings import Finding, Severity
from graph.columns import Row, Text
from graph.snapshot import Snapshot

Family = Literal["documents", "money_flow", "relationships", "loan_life"]

SECTIONS = (
    "What it finds",
    "Why it is suspicious",
    "Source",
    "Innocent explanations",
    "Blind spots",
    "What to do next",
)
SECTIONS_ZH = ("发现什么", "为何可疑", "依据", "正常解释", "看不到的", "下一步")


@dataclass(frozen=True)
class Reach:
    """How far what a detector says of a loan reaches, by the names of its parameters: so many days after each drawdown
    (the sum of several), and so many transfers from the credited account on, not through hubs.

    A detector that declares it promises that each of its findings is about loans, that it follows from what
    `sweeps.affected` describes and from no other table, and that the as-of day matters only by what is known on it.
    Then a sweep after a small change asks it about the loans within reach of the change only.
    `tests/sweeps/test_incremental.py` holds every such detector to it on random books. In doubt, declare nothing:
    the detector is asked about the whole book.
    """

    days: tuple[str, ...]
    hops: str | None = None
    hubs: str | None = None


@dataclass(frozen=True)
class Detector:
    """What is known of a detector without running it.

    method    the one of the ten post-loan methods it serves (1-10); None where it serves none
    severity  the usual severity; a finding may carry another
    needs     tables without which it cannot be checked; an alternative is a tuple of tables, one of which suffices
    given     parameters without which it cannot be checked: their default 0 means that nobody gave them
    reach     how far its findings reach; None: a change anywhere may change any of them
    words     what its signals and blind spots are called on screen, by name; those that several detectors use are in
              the desk's catalogue
    """

    title: Text
    family: Family
    method: int | None
    severity: Severity
    maturity: Literal["stable", "trial"]
    needs: tuple[type[Row] | tuple[type[Row], ...], ...]
    words: Mapping[str, Text] = field(default_factory=dict)
    reach: Reach | None = None
    given: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """One parameter of a detector: default, unit, inclusive bounds and meaning.

    A text has no bounds (`low` and `high` are None) but a `pattern`, a regular expression that all of it must match.
    A number that a rule in use sets names the rule as its `source` and the day since when it is in force.
    """

    name: str
    default: Any
    unit: str
    low: Any
    high: Any
    meaning: Text
    source: str
    pattern: str = ""
    effective_on: date | None = None

    def parse(self, text: str) -> Any:
        """The value that `text` writes, checked against the bounds. Raises `ParameterError`.

        Whole-number parameters in minor units also take currency units when written with a decimal point:
        ``100000.00`` is ``10000000``.
        """
        if isinstance(self.default, str):
            return self.checked(text.strip())
        try:
            number = Decimal(text)
            if not number.is_finite():
                raise ArithmeticError
            if isinstance(self.default, int) and self.unit == MINOR_UNIT and "." in text:
                number *= 100
            if isinstance(self.default, int) and number != number.to_integral_value():
                raise ArithmeticError
        except ArithmeticError:
            kind = "a whole number" if isinstance(self.default, int) else "a number"
            raise ParameterError(f"{self.name}={text!r} is not {kind} ({self.unit})") from None
        value = int(number) if isinstance(self.default, int) else float(number)
        return self.checked(value)

    def checked(self, value: Any) -> Any:
        """`value`, if it lies within the bounds or matches the pattern. Raises `ParameterError`."""
        if isinstance(self.default, str):
            if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
                raise ParameterError(f"{self.name}={value!r} is no {self.unit}; write for example {self.default}")
            return value
        if not self.low <= value <= self.high:
            raise ParameterError(f"{self.name}={value} is outside {self.low} to {self.high} ({self.unit})")
        return value


MINOR_UNIT = "minor unit"


class ParameterError(ValueError):
    """A parameter that does not exist, cannot be read, or lies outside its bounds."""


def parameter(
    default: Any,
    *,
    unit: str,
    low: Any,
    high: Any,
    en: str,
    zh: str,
    source: str = "",
    effective_on: date | None = None,
) -> Any:
    """Declare one field of a detector's ``Params``: a number. What a regulation sets names it, with the day since when
    it is in force; all of these are listed in `docs/regulatory_numbers.md`."""
    metadata = {"unit": unit, "low": low, "high": high, "meaning": Text(en, zh), "source": source}
    return dataclasses.field(default=default, metadata={**metadata, "effective_on": effective_on})


def text_parameter(
    default: str, *, unit: str, pattern: str, en: str, zh: str, source: str = "", effective_on: date | None = None
) -> Any:
    """Declare one field of a detector's ``Params``: a text, all of which matches `pattern`."""
    metadata = {"unit": unit, "low": None, "high": None, "pattern": pattern, "meaning": Text(en, zh), "source": source}
    return dataclasses.field(default=default, metadata={**metadata, "effective_on": effective_on})


class DataclassInstance(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


def parameters(params: type[DataclassInstance]) -> dict[str, Parameter]:
    """The parameters of a ``Params`` class by name, in declared order."""
    return {
        field.name: Parameter(name=field.name, default=field.default, **field.metadata)
        for field in dataclasses.fields(params)
    }


class DetectorModule(Protocol):
    """A module in this package that finds one pattern."""

    __name__: str
    __doc__: str | None
    DOC_ZH: str
    META: Detector
    Params: type[Any]

    def detect(self, snapshot: Snapshot, params: Any, as_of: date) -> list[Finding]:
        """Pure: no clock, no store, no globals, no printing."""
        ...
