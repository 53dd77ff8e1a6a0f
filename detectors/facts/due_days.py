"""When something is due again: the rules shared by the detectors of what was missed and the diary of what is coming.

A due day is the last day on which it is still in time: due today is not overdue, due yesterday is.
"""

from __future__ import annotations

from datetime import date, timedelta

from graph.calendar import add_months

FIRST_INSPECTION_MONTHS = 1
"""Months after the drawdown within which the first inspection on site is due (post-loan method 9)."""
REVALUATION_MONTHS = 12
"""Months after which the value of collateral counts as old (post-loan method 10)."""


def quarterly(last_done: date) -> date:
    """The day on which something that is owed once a quarter is due again: the last day of the quarter after the one in
    which it was done last. What was begun in a quarter is first owed in the next."""
    month = last_done.month + 5 - (last_done.month - 1) % 3
    year = last_done.year + (month > 12)
    month -= 12 * (month > 12)
    return date(year, month, 31 if month in {3, 12} else 30)


def quarters_missed(due_on: date, as_of: date) -> int:
    """How many quarters have ended without it: 0 up to its due day, 1 from the day after, 2 a quarter later."""
    missed = 0
    while due_on < as_of:
        missed += 1
        due_on = quarterly(due_on)
    return missed


def first_inspection(drawn_on: date, months: int = FIRST_INSPECTION_MONTHS) -> date:
    """So many calendar months after the drawdown: drawn on 31 January and a month, due on 28 or 29 February."""
    return add_months(drawn_on, months)


def revaluation(valued_on: date, months: int = REVALUATION_MONTHS) -> date:
    """The day by which collateral valued on a day is to be valued again."""
    return add_months(valued_on, months)


def last_day_in_force(valid_to: date) -> date:
    """`valid_to` is the first day no longer in force; the day before is the last on which it holds."""
    return valid_to - timedelta(days=1)
