"""``python -m mdpzoo``: the command line."""

from mdpzoo.cli import main

if __name__ == "__main__":  # worker processes import this module, too
    main()
