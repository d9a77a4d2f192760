"""Options that several commands share, and contexts for commands that compute."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

STOPPED = 130  # the exit code after Ctrl-C

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the agent.")]
EnvironmentSettings = Annotated[
    list[str] | None, typer.Option("--env-set", metavar="KEY=VALUE", help="A setting of the environment.")
]
Envs = Annotated[int, typer.Option("--envs", min=1, help="Environments that step together.")]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of agent and environments.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads that torch may use.")]


@contextlib.contextmanager
def working(threads: int) -> Iterator[None]:
    """Sets torch's threads and sends the output of agents and environments to standard error."""
    from mdpzoo.front import require

    require("stable_baselines3", "sb3")
    with contextlib.redirect_stdout(sys.stderr):
        import torch

        torch.set_num_threads(threads)
        yield


@contextlib.contextmanager
def stopping() -> Iterator[None]:
    """Turns Ctrl-C into a one-sentence message and an exit code."""
    try:
        yield
    except KeyboardInterrupt:
        print("stopped; go on with the same command", file=sys.stderr)  # noqa: T201
        raise typer.Exit(STOPPED) from None
