"""The command line ``mdpzoo``."""

from mdpzoo.cli import reports  # noqa: F401  its commands register themselves
from mdpzoo.cli.commands import app
from mdpzoo.cli.running import main
from mdpzoo.cli.settings_text import read_settings

__all__ = ["app", "main", "read_settings"]
