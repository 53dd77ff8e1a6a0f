"""``python -m cli``: the command without having been installed."""

from cli import main

main()
