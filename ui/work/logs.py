"""How the desk and its workers write their logs."""

from __future__ import annotations

import sys

import structlog


def log_plainly() -> None:
    """Log lines of JSON with stacks and without the values of variables, which are the bank's data."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        )
