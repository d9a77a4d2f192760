"""The command line: each command parses, calls one function and prints one thing."""

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from mdpzoo import listing, registry
from mdpzoo.errors import MdpzooError, PluginError, SettingError, did_you_mean
from mdpzoo.specs import CommandSpec, load

app = typer.Typer(
    name="mdpzoo",
    help="Find, run and compare structured decision processes and the algorithms for them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
STOPPED = 130  # the exit code after Ctrl-C

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the agent.")]
EnvironmentSettings = Annotated[
    list[str] | None, typer.Option("--env-set", metavar="KEY=VALUE", help="A setting of the environment.")
]
Envs = Annotated[int, typer.Option("--envs", min=1, help="Environments that step together.")]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of agent and environments.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads that torch may use.")]


def main() -> None:
    """Runs the command that was typed; an error is one sentence on standard error and exit code 2."""
    try:
        _add_commands(sys.argv[1:2])
        app(prog_name="mdpzoo")
    except SystemExit as ended:
        sys.exit(_flushed(ended.code))
    except MdpzooError as error:
        _complain(str(error))
    except MemoryError:
        _complain("there is not enough memory for this")
    except OSError as error:
        if error.filename is None:
            raise
        _complain(f"{str(error.filename)!r}: {error.strerror}")
    except KeyboardInterrupt:
        sys.exit(STOPPED)


def _complain(sentence: str) -> None:
    Console(stderr=True, soft_wrap=True, **listing.PLAIN).print(f"error: {sentence}")
    sys.exit(2)


def _flushed(code: Any) -> Any:
    """Writes what is buffered; where nobody reads any more (``| head -1``), ends quietly."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _add_commands(typed: list[str]) -> None:
    for spec in registry.commands().values():
        is_typed = typed == [spec.name]
        function = _imported(spec) if is_typed else _not_typed
        app.command(spec.name, help=None if is_typed else spec.summary)(function)


def _imported(spec: CommandSpec) -> Any:
    try:
        return load(spec.function)
    except MdpzooError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise PluginError(f"command {spec.name!r} of {registry.owner(spec.name)} cannot be loaded: {reason}") from error


def _not_typed() -> None:
    """Stands for a plugin's command in ``--help``, so that listing the commands imports none of them."""


@app.command("list", epilog="Example: mdpzoo list environments")
def list_(kind: Annotated[str, typer.Argument(help="environments, agents or plugins")], as_json: Json = False) -> None:
    """List what there is."""
    kinds = {
        "environments": listing.environment_rows,
        "agents": listing.agent_rows,
        "plugins": listing.plugin_rows,
    }
    known = f" Known: {', '.join(kinds)}"
    if kind not in kinds:
        raise SettingError(f"unknown kind {kind!r}.{did_you_mean(kind, kinds) or known}")
    _print_rows(kinds[kind](), as_json)


@app.command(epilog="Example: mdpzoo show mdpzoo/TSP-v0")
def show(id: Annotated[str, typer.Argument(help="an environment or an agent")], as_json: Json = False) -> None:
    """Show one environment or agent."""
    rows = {row["id"]: row for row in (*listing.environment_rows(), *listing.agent_rows())}
    if id not in rows:
        (registry.environment if "/" in id else registry.agent)(id)
    (listing.print_json if as_json else listing.print_facts)(rows[id])


@app.command(epilog="Example: mdpzoo doctor")
def doctor(as_json: Json = False) -> None:
    """Say how every plugin loaded; exit code 1 when one failed."""
    _print_rows(listing.plugin_rows(), as_json)
    if not all(status.ok for status in registry.plugins()):
        raise typer.Exit(1)


@app.command(epilog="Example: mdpzoo train ppo mdpzoo/TSP-v0 --steps 50000 --out runs/first")
def train(
    agent: Annotated[str, typer.Argument(help="an agent's id")],
    environment: Annotated[str, typer.Argument(help="an environment's id")],
    steps: Annotated[int, typer.Option(min=1, help="Environment steps to learn for.")],
    out: Annotated[Path, typer.Option(help="The folder that keeps the run; new, or empty.")],
    seed: Seed = 0,
    settings: Settings = None,
    environment_settings: EnvironmentSettings = None,
    envs: Envs = 8,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    keep_every: Annotated[float, typer.Option(min=0.0, help="Seconds between two saves, for --resume.")] = 60.0,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Train an agent."""
    with _working(threads):
        from mdpzoo.experiments import run as runs

        asked = runs.Run(
            agent=agent,
            environment=environment,
            steps=steps,
            seed=seed,
            num_envs=envs,
            settings=read_settings(settings),
            environment_settings=read_settings(environment_settings),
        )
        trained = runs.train(asked, out, resume=resume, progress=sys.stderr.isatty(), keep_every=keep_every)
    if as_json:
        told = {"folder": str(out), "complete": trained.complete, "steps": trained.steps, "seconds": trained.seconds}
        listing.print_json(told)
    elif trained.complete:
        print(f"{agent} has learnt {trained.steps} steps of {environment} in {trained.seconds:.1f} s: {out}")  # noqa: T201
    if not trained.complete:
        print(f"stopped at step {trained.steps}; go on with the same command and --resume", file=sys.stderr)  # noqa: T201
        raise typer.Exit(STOPPED)


@app.command(epilog="Example: mdpzoo evaluate runs/first --episodes 100")
def evaluate(
    saved: Annotated[str, typer.Argument(help="a run's folder, a saved agent, or the id of one that comes trained")],
    episodes: Annotated[int, typer.Option(min=1, help="Episodes to play.")] = 100,
    environment: Annotated[
        str | None, typer.Option("--env", help="Another environment than it was trained on.")
    ] = None,
    environment_settings: EnvironmentSettings = None,
    seed: Seed = 1_000,
    envs: Envs = 16,
    stochastic: Annotated[bool, typer.Option("--stochastic", help="Draw actions instead of taking the best.")] = False,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Play episodes with a trained agent."""
    with _working(threads):
        from mdpzoo.experiments.evaluation import evaluate_saved

        played = evaluate_saved(
            saved,
            episodes,
            environment=environment,
            environment_settings=read_settings(environment_settings),
            seed=seed,
            num_envs=envs,
            deterministic=not stochastic,
            progress=sys.stderr.isatty(),
        )
        low, high = played.result.interval()
    mean = float(played.result.returns.mean())
    told = {
        "agent": played.agent,
        "environment": played.environment,
        "episodes": episodes,
        "seed": seed,
        "mean_return": mean,
        "interval_95": [low, high],
        "mean_length": float(played.result.lengths.mean()),
        "ended_by_illegal_action": played.result.illegal,
    }
    if as_json:
        listing.print_json(told)
    else:
        interval = f"95 % interval {low:.4f} to {high:.4f}, {episodes} episodes"
        print(f"{played.agent} on {played.environment}: mean return {mean:.4f} ({interval})")  # noqa: T201


@app.command(epilog="Example: mdpzoo check mdpzoo/TSP-v0")
def check(
    id: Annotated[str, typer.Argument(help="an environment's id")],
    environment_settings: EnvironmentSettings = None,
    as_json: Json = False,
) -> None:
    """Check an environment against every rule; exit code 1 when one is broken."""
    with _working(1):
        from mdpzoo.checks import run_checks

        results = run_checks(id, **read_settings(environment_settings))
    _print_rows([{"check": each.name, "result": each.failure or "passed"} for each in results], as_json)
    if any(each.failure for each in results):
        raise typer.Exit(1)


def read_settings(pairs: list[str] | None) -> dict[str, Any]:
    """Reads ``key=value`` pairs; a value is JSON where it can be, a string otherwise.

    A dotted name is a field of a nested setting: ``imitation.tokens=256`` gives ``{"imitation": {"tokens": 256}}``.

    Raises:
        SettingError: if a pair has no equals sign, a name comes twice, or a setting has both a value and fields.
    """
    settings: dict[str, Any] = {}
    fields: set[int] = set()  # dictionaries that dotted names have made, by identity
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        *outer, last = name.split(".")
        if not equals or not all(part.isidentifier() for part in (*outer, last)):
            raise SettingError(f"a setting must look like key=value, got {pair!r}")
        place = settings
        for part in outer:
            if part not in place:
                place[part] = {}
                fields.add(id(place[part]))
            if id(place[part]) not in fields:
                raise SettingError(f"setting {part!r} has a value already, so {name!r} cannot be set; give one of them")
            place = place[part]
        if last in place:
            raise SettingError(f"setting {name!r} is given twice")
        try:
            place[last] = json.loads(value, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            place[last] = value
    return settings


def _no_constant(name: str) -> None:
    """JSON has neither NaN nor Infinity, though Python's reader takes them."""
    raise ValueError(name)


def _print_rows(rows: list[listing.Row], as_json: bool) -> None:
    (listing.print_json if as_json else listing.print_rows)(rows)


@contextlib.contextmanager
def _working(threads: int) -> Any:
    """Sets torch's threads; what agents and environments print goes to standard error, where no program reads."""
    from mdpzoo.front import require

    require("stable_baselines3", "sb3")
    with contextlib.redirect_stdout(sys.stderr):
        import torch

        torch.set_num_threads(threads)
        yield
