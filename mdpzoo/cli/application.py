"""The command line's application: all commands of the host."""

from mdpzoo.cli.commands import app
from mdpzoo.cli.studies import bench, tune, watch

app.command(epilog="Example: mdpzoo bench study.toml --out results --jobs 4")(bench)
app.command(epilog="Example: mdpzoo watch results")(watch)
app.command(epilog="Example: mdpzoo tune q-learning mdpzoo/RiverSwim-v0 --trials 20 --steps 20000 --out tuned")(tune)

__all__ = ["app"]
