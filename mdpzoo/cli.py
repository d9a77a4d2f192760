"""The command line: each command parses, calls one function and prints one thing."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from mdpzoo import registry
from mdpzoo.errors import MdpzooError, SettingError, did_you_mean
from mdpzoo.specs import load

app = typer.Typer(
    name="mdpzoo",
    help="Find, run and compare structured decision processes and the algorithms for them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the agent.")]
EnvironmentSettings = Annotated[
    list[str] | None, typer.Option("--env-set", metavar="KEY=VALUE", help="A setting of the environment.")
]
Envs = Annotated[int, typer.Option("--envs", min=1, help="Environments that step together.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of agent and environments.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads that torch may use.")]


def main() -> None:
    """Runs the command that was typed; an error is one sentence on standard error and exit code 2."""
    for spec in registry.commands().values():
        typed = sys.argv[1:2] == [spec.name]
        app.command(spec.name, help=None if typed else spec.summary)(load(spec.function) if typed else _not_typed)
    try:
        app()
    except MdpzooError as error:
        err.print(f"error: {error}", markup=False, highlight=False)
        sys.exit(2)


def _not_typed() -> None:
    """Stands for a plugin's command in ``--help``, so that listing the commands imports none of them."""


@app.command("list")
def list_(kind: Annotated[str, typer.Argument(help="environments, agents or plugins")], as_json: Json = False) -> None:
    """List what there is. Example: mdpzoo list environments"""
    kinds = {"environments": _environment_rows, "agents": _agent_rows, "plugins": _plugin_rows}
    if kind not in kinds:
        raise SettingError(f"unknown kind {kind!r}.{did_you_mean(kind, kinds) or f' Known: {list(kinds)}'}")
    _show_rows(kinds[kind](), as_json)


@app.command()
def show(id: Annotated[str, typer.Argument(help="an environment or an agent")], as_json: Json = False) -> None:
    """Show one environment or agent. Example: mdpzoo show mdpzoo/TSP-v0"""
    rows = {row["id"]: row for row in (*_environment_rows(), *_agent_rows())}
    if id not in rows:
        (registry.environment if "/" in id else registry.agent)(id)
    if as_json:
        print(json.dumps(rows[id]))  # noqa: T201
        return
    table = Table(show_header=False, box=None)
    for name, value in rows[id].items():
        table.add_row(name, str(value))
    out.print(table)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say how every plugin loaded; exit code 1 when one failed. Example: mdpzoo doctor"""
    _show_rows(_plugin_rows(), as_json)
    if not all(status.ok for status in registry.plugins()):
        raise typer.Exit(1)


@app.command()
def train(
    agent: Annotated[str, typer.Argument(help="an agent's id")],
    environment: Annotated[str, typer.Argument(help="an environment's id")],
    steps: Annotated[int, typer.Option(min=1, help="Environment steps to learn for.")],
    out_: Annotated[Path, typer.Option("--out", help="The folder that keeps the run.")],
    seed: Seed = 0,
    settings: Settings = None,
    environment_settings: EnvironmentSettings = None,
    envs: Envs = 8,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Train an agent. Example: mdpzoo train maskable-ppo mdpzoo/TSP-v0 --steps 50000 --out runs/first"""
    _threads(threads)
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
    trained = runs.train(asked, out_, resume=resume, progress=sys.stderr.isatty())
    told = {"folder": str(out_), "complete": trained.complete, "steps": trained.steps, "seconds": trained.seconds}
    if as_json:
        print(json.dumps(told))  # noqa: T201
    elif trained.complete:
        out.print(f"{agent} has learnt {trained.steps} steps of {environment} in {trained.seconds:.1f} s: {out_}")
    if not trained.complete:
        err.print(f"stopped at step {trained.steps}; go on with the same command and --resume")
        raise typer.Exit(130)


@app.command()
def evaluate(
    folder: Annotated[str, typer.Argument(help="a run's folder, a saved agent, or the id of one that comes trained")],
    episodes: Annotated[int, typer.Option(min=1, help="Episodes to play.")] = 100,
    environment: Annotated[
        str | None, typer.Option("--env", help="Another environment than it was trained on.")
    ] = None,
    environment_settings: EnvironmentSettings = None,
    seed: Seed = 1_000,
    envs: Envs = 16,
    stochastic: Annotated[
        bool, typer.Option("--stochastic", help="Sample actions instead of taking the best.")
    ] = False,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Play episodes with a trained agent. Example: mdpzoo evaluate runs/first --episodes 100"""
    _threads(threads)
    import mdpzoo
    from mdpzoo.experiments import run as runs
    from mdpzoo.experiments.evaluation import evaluate as play

    settings = read_settings(environment_settings)
    if environment is None:
        asked = runs.load_run(Path(folder))
        environment, settings = asked.environment, {**asked.environment_settings, **settings}
    made = mdpzoo.make_sb3(environment, min(envs, episodes), **settings)
    made.seed(seed)
    agent = mdpzoo.load_agent(folder, made)
    found = play(agent, made, episodes, deterministic=not stochastic)
    low, high = found.interval()
    told = {
        "agent": getattr(agent, "mdpzoo", {}).get("agent", type(agent).__name__),
        "environment": environment,
        "episodes": episodes,
        "seed": seed,
        "mean_return": float(found.returns.mean()),
        "interval_95": [low, high],
        "mean_length": float(found.lengths.mean()),
        "ended_by_illegal_action": found.illegal,
    }
    if as_json:
        print(json.dumps(told))  # noqa: T201
    else:
        out.print(
            f"{told['agent']} on {environment}: mean return {told['mean_return']:.4f} "
            f"(95 % interval {low:.4f} to {high:.4f}, {episodes} episodes)",
            highlight=False,
        )


@app.command()
def check(
    id: Annotated[str, typer.Argument(help="an environment's id")],
    environment_settings: EnvironmentSettings = None,
    as_json: Json = False,
) -> None:
    """Check an environment against every rule; exit code 1 when one is broken. Example: mdpzoo check mdpzoo/TSP-v0"""
    _threads(1)
    from mdpzoo.checks import run_checks

    results = run_checks(id, **read_settings(environment_settings))
    _show_rows([{"check": each.name, "result": each.failure or "passed"} for each in results], as_json)
    if any(each.failure for each in results):
        raise typer.Exit(1)


def read_settings(pairs: list[str] | None) -> dict[str, Any]:
    """Reads ``key=value`` pairs; a value is JSON where it can be, a string otherwise.

    Raises:
        SettingError: a pair has no equals sign.
    """
    settings = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise SettingError(f"a setting must look like key=value, got {pair!r}")
        try:
            settings[name] = json.loads(value)
        except ValueError:
            settings[name] = value
    return settings


def _environment_rows() -> list[dict[str, Any]]:
    return [
        {
            "id": spec.id,
            "kind": spec.kind,
            "summary": spec.summary,
            "settings": dict(spec.settings),
            "max_episode_steps": spec.max_episode_steps,
            "source": spec.source,
            "distribution": registry.owner(spec.id),
        }
        for spec in registry.environments().values()
    ]


def _agent_rows() -> list[dict[str, Any]]:
    return [
        {
            "id": spec.id,
            "summary": spec.summary,
            "observations": list(spec.observations),
            "actions": list(spec.actions),
            "observation_keys": list(spec.observation_keys),
            "trained": spec.load is not None,
            "source": spec.source,
            "distribution": registry.owner(spec.id),
        }
        for spec in registry.agents().values()
    ]


def _plugin_rows() -> list[dict[str, Any]]:
    return [
        {
            "plugin": each.name,
            "distribution": each.distribution,
            "version": each.version,
            "ok": each.ok,
            "reason": each.reason,
        }
        for each in registry.plugins()
    ]


def _show_rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    """Prints rows as JSON, or the columns a person wants as a table."""
    if as_json:
        print(json.dumps(rows))  # noqa: T201
        return
    wanted = (
        "id",
        "kind",
        "actions",
        "plugin",
        "distribution",
        "version",
        "check",
        "result",
        "ok",
        "reason",
        "summary",
    )
    columns = [name for name in wanted if rows and name in rows[0]]
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        cells = (
            ", ".join(cell) if isinstance(cell, list) else "" if cell is None else cell
            for cell in map(row.get, columns)
        )
        table.add_row(*(str(cell) for cell in cells))
    out.print(table)


def _threads(count: int) -> None:
    from mdpzoo.front import require

    require("torch", "torch")
    import torch

    torch.set_num_threads(count)
