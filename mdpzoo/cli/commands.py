"""The commands: each parses, calls one function and prints one thing."""

import importlib.metadata
import sys
from pathlib import Path
from typing import Annotated

import typer

from mdpzoo import registry
from mdpzoo.cli import listing
from mdpzoo.cli.kept_settings import kept_rows
from mdpzoo.cli.options import STOPPED, EnvironmentSettings, Envs, Json, Seed, Settings, Threads, working
from mdpzoo.cli.plain_commands import PlainCommand, PlainGroup
from mdpzoo.cli.settings_table import for_people
from mdpzoo.cli.settings_text import read_settings
from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo.files import check_folder

app = typer.Typer(
    name="mdpzoo",
    cls=PlainGroup,
    help="Find, run and compare structured decision processes and the algorithms for them.",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        print(f"mdpzoo {importlib.metadata.version('mdpzoo')}")  # noqa: T201
        raise typer.Exit


@app.command("list", cls=PlainCommand, epilog="Example: mdpzoo list environments")
def list_(kind: Annotated[str, typer.Argument(help="environments, agents or plugins")], as_json: Json = False) -> None:
    """List the environments, agents and plugins."""
    kinds = {
        "environments": listing.environment_rows,
        "agents": listing.agent_rows,
        "plugins": listing.plugin_rows,
    }
    known = f" Known: {', '.join(kinds)}"
    if kind not in kinds:
        raise SettingError(f"unknown kind {kind!r}.{did_you_mean(kind, kinds) or known}")
    _print_rows(kinds[kind](), as_json)


@app.command(cls=PlainCommand, epilog="Example: mdpzoo show mdpzoo/TSP-v0")
def show(id: Annotated[str, typer.Argument(help="an environment or an agent")], as_json: Json = False) -> None:
    """Show one environment or agent, and each of its settings with type, default and range."""
    rows = {row["id"]: row for row in (*listing.environment_rows(), *listing.agent_rows())}
    if id not in rows:
        (registry.environment if "/" in id else registry.agent)(id)
    if "/" in id:
        environment = registry.environment(id)
        parameters = kept_rows(environment.rules, environment.settings)
    else:
        agent = registry.agent(id)
        parameters = kept_rows(agent.build, agent.settings, agent.ranges)
    row = rows[id] | {"parameters": parameters}
    if as_json:
        listing.print_json(row)
    else:
        listing.print_facts(rows[id])
        listing.print_rows(for_people(row["parameters"]))


@app.command(cls=PlainCommand, epilog="Example: mdpzoo doctor")
def doctor(as_json: Json = False) -> None:
    """Report how every plugin loaded; exit code 1 if one failed."""
    _print_rows(listing.plugin_rows(), as_json)
    if not all(status.ok for status in registry.plugins()):
        raise typer.Exit(1)


@app.command("warm-up", epilog="Example: mdpzoo warm-up --all")
def warm_up(
    everything: Annotated[
        bool, typer.Option("--all", help="Also step every environment, alone and in a batch.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compile now what commands would otherwise compile on first use.

    The machine code is kept beside the installed sources if they can be written, for everybody who uses them, else in
    the user's cache; there is also what 'mdpzoo show' says of settings.
    """
    from mdpzoo.cli.warming import warm

    rows = [{"plugin": name, "seconds": round(seconds, 1)} for name, seconds in warm(everything)]
    _print_rows(rows, as_json)


@app.command(epilog="Example: mdpzoo train ppo mdpzoo/TSP-v0 --steps 50000 --out runs/first")
def train(
    agent: Annotated[str, typer.Argument(help="an agent's id")],
    environment: Annotated[str, typer.Argument(help="an environment's id")],
    steps: Annotated[int, typer.Option(min=1, help="Environment steps to learn for.")],
    out: Annotated[Path, typer.Option(help="The folder that keeps the run; new, or empty.")],
    seed: Seed = 0,
    settings: Settings = None,
    environment_settings: EnvironmentSettings = None,
    envs: Annotated[
        int | None, typer.Option("--envs", min=1, help="Environments that step together; 8, or as many as fit.")
    ] = None,
    evaluate_every: Annotated[
        int | None, typer.Option(min=1, help="Steps between two evaluations, kept in evaluations.csv.")
    ] = None,
    evaluation_episodes: Annotated[int | None, typer.Option(min=1, help="Episodes of an evaluation.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    keep_every: Annotated[float, typer.Option(min=0.0, help="Seconds between two saves, for --resume.")] = 60.0,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write TensorBoard's files.")] = False,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Train an agent."""
    with working(threads):
        from mdpzoo.experiments import training
        from mdpzoo.experiments.run import Run

        asked = Run(
            agent=agent,
            environment=environment,
            steps=steps,
            seed=seed,
            num_envs=envs or min(8, registry.agent(agent).max_envs or 8),
            settings=read_settings(settings),
            environment_settings=read_settings(environment_settings),
            evaluate_every=evaluate_every,
            evaluation_episodes=evaluation_episodes,
        )
        shown = sys.stderr.isatty()
        trained = training.train(
            asked, out, resume=resume, progress=shown, keep_every=keep_every, tensorboard=tensorboard
        )
    if trained.resumed == training.LOOSELY:
        print(f"resumed {trained.resumed}", file=sys.stderr)  # noqa: T201
    if as_json:
        told = {"folder": str(out), "complete": trained.complete, "steps": trained.steps, "seconds": trained.seconds}
        listing.print_json(told)
    elif trained.complete:
        words = f"trained {agent} on {environment} for {trained.steps:,} steps in {trained.seconds:.1f} s"
        if trained.steps > steps:
            words += f" ({trained.steps - steps:,} more than asked for: it learns in whole rollouts)"
        print(f"{words} -> {out}")  # noqa: T201
    if not trained.complete:
        print(f"stopped at step {trained.steps}; go on with the same command and --resume", file=sys.stderr)  # noqa: T201
        raise typer.Exit(STOPPED)


@app.command(epilog="Example: mdpzoo evaluate runs/first --episodes 100")
def evaluate(
    saved: Annotated[str, typer.Argument(help="a run's folder, a saved agent, or the id of one that can play at once")],
    episodes: Annotated[int, typer.Option(min=1, help="Episodes to play.")] = 100,
    environment: Annotated[
        str | None, typer.Option("--env", help="Another environment than it was trained on.")
    ] = None,
    environment_settings: EnvironmentSettings = None,
    seed: Seed = 1_000,
    envs: Envs = 16,
    max_steps: Annotated[int, typer.Option(min=1, help="Longest episode; a continuing task is cut there.")] = 100_000,
    stochastic: Annotated[bool, typer.Option("--stochastic", help="Draw actions instead of taking the best.")] = False,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Play episodes with a trained agent."""
    with working(threads):
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
            max_steps=max_steps,
        )
        low, high = played.result.interval()
    mean = float(played.result.returns.mean())
    told = {
        "agent": played.agent,
        "environment": played.environment,
        "player": played.player,
        "episodes": episodes,
        "seed": seed,
        "mean_return": mean,
        "interval_95": [low, high],
        "mean_length": float(played.result.lengths.mean()),
        "ended_by_illegal_action": played.result.illegal,
        "cut_by_max_steps": played.result.cut,
    }
    if as_json:
        listing.print_json(told)
    else:
        interval = f"95 % interval {low:.4f} to {high:.4f}, {episodes} episodes"
        whose = "" if played.player is None else f" of {played.player}"
        print(f"{played.agent} on {played.environment}: mean return{whose} {mean:.4f} ({interval})")  # noqa: T201


@app.command(epilog="Example: mdpzoo record random mdpzoo/RiverSwim-v0 --episodes 100 --out river.npz")
def record(
    agent: Annotated[str, typer.Argument(help="a run's folder, a saved agent, or the id of one that can play at once")],
    environment: Annotated[str, typer.Argument(help="an environment's id")],
    episodes: Annotated[int, typer.Option(min=1, help="Episodes to record.")],
    out: Annotated[Path, typer.Option(help="The file to write, a NumPy archive (.npz).")],
    environment_settings: EnvironmentSettings = None,
    seed: Seed = 0,
    envs: Envs = 8,
    deterministic: Annotated[bool, typer.Option("--deterministic", help="Take the most likely actions.")] = False,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Record trajectories of an agent; --env-set reveal=always adds what the observation hides."""
    check_folder(out)
    with working(threads):
        from mdpzoo.experiments.players import ready_agent
        from mdpzoo.experiments.progress import bar
        from mdpzoo.experiments.run import make_envs
        from mdpzoo.records import record as record_trajectories

        made = make_envs(environment, min(envs, episodes), read_settings(environment_settings), seed)
        player = ready_agent(agent, made, seed)
        with bar("episodes", episodes, sys.stderr.isatty()) as advance:
            recorded = record_trajectories(
                player, made, episodes=episodes, seed=seed, deterministic=deterministic, advance=advance
            )
        recorded.save(out)
    told = {"file": str(out), "episodes": recorded.num_episodes, "steps": recorded.num_steps}
    if as_json:
        listing.print_json(told | {"mean_return": float(recorded.returns.mean())})
    else:
        print(f"recorded {recorded.num_episodes} episodes, {recorded.num_steps:,} steps -> {out}")  # noqa: T201


def _print_rows(rows: list[listing.Row], as_json: bool) -> None:
    if not rows and not registry.plugins():
        print(registry.NO_PLUGIN, file=sys.stderr)  # noqa: T201
    (listing.print_json if as_json else listing.print_rows)(rows)
