"""``python -m mdpzoo``: the command line."""

from mdpzoo.cli import main

main()
