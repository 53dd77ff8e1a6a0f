"""Everything on record about one borrower at one moment, worked out and put together: what a report is made of."""
