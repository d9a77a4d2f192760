"""The command line ``mdpzoo``."""

from mdpzoo.cli.application import app
from mdpzoo.cli.running import main
from mdpzoo.cli.settings_text import read_settings

__all__ = ["app", "main", "read_settings"]
