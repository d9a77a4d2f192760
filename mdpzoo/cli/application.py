"""The command line's application: all commands of the host, each module of which adds its own."""

from mdpzoo.cli import checking, reports, scaffolding, studies  # noqa: F401  (their commands)
from mdpzoo.cli.commands import app

__all__ = ["app"]
