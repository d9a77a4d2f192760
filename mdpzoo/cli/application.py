"""The command line's application: all commands of the host."""

from mdpzoo.cli.commands import app
from mdpzoo.cli.studies import bench

app.command(epilog="Example: mdpzoo bench study.toml --out results --jobs 4")(bench)

__all__ = ["app"]
