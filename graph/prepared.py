"""What is saved with a snapshot beside its tables, so that one question about a large book prepares nothing."""

from graph.account_holdings import AccountHoldings
from graph.kept_arrays import KeptArrays
from graph.tracing_book import TracingBook

PREPARED: tuple[type[KeptArrays], ...] = (TracingBook, AccountHoldings)
