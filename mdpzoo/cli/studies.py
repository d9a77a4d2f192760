"""Commands around studies: many runs in one folder."""

import contextlib
import dataclasses
import sys
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mdpzoo import registry
from mdpzoo.cli import listing
from mdpzoo.cli.commands import app
from mdpzoo.cli.options import EnvironmentSettings, Json, Seed, Settings, stopping, working
from mdpzoo.cli.settings_table import settings_rows
from mdpzoo.cli.settings_text import read_settings
from mdpzoo.errors import SettingError

Jobs = Annotated[int, typer.Option(min=1, help="Runs at a time, a process each.")]
Out = Annotated[Path, typer.Option(help="The folder that keeps everything; new, or begun earlier.")]


@app.command(epilog="Example: mdpzoo bench study.toml --out results --jobs 4")
def bench(
    study: Annotated[Path, typer.Argument(help="the study, a TOML file")],
    out: Annotated[Path | None, typer.Option(help="The folder of the study; new, or begun earlier.")] = None,
    jobs: Jobs = 1,
    engine: Annotated[Literal["local", "ray"], typer.Option(help="What executes the runs.")] = "local",
    address: Annotated[str | None, typer.Option(help="A running Ray cluster, HOST:PORT or auto.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    keep_every: Annotated[float, typer.Option(min=0.0, help="Seconds between two saves of a run.")] = 30.0,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write TensorBoard's files.")] = False,
    wandb: Annotated[bool, typer.Option("--wandb", help="Also send them to Weights & Biases.")] = False,
    as_json: Json = False,
) -> None:
    """Execute a study, or resume one; exit code 1 if a run failed."""
    with working(1):
        from mdpzoo.experiments.studies.pairing import plan
        from mdpzoo.experiments.studies.study_file import read_study
        from mdpzoo.experiments.studies.whole_study import run_study

        planned = plan(read_study(study))
    if dry_run:
        return _print_plan(planned, out, as_json)
    if out is None:
        raise SettingError("a study needs a folder; add --out FOLDER")
    options: dict[str, Any] = {"jobs": jobs, "engine": engine, "address": address, "keep_every": keep_every}
    options |= {"tensorboard": tensorboard, "wandb": wandb}
    with working(1), stopping():
        report = run_study(planned, out, progress=sys.stderr.isatty(), **options)
    skipped = [dataclasses.asdict(each) for each in planned.skipped]
    told = {"folder": str(out), "runs": report.runs, "done": report.done, "found": report.found}
    if as_json:
        listing.print_json(
            told | {"failed": report.failures, "skipped": skipped, "notes": report.notes, "seconds": report.seconds}
        )
    else:
        _print_report(report, skipped, out)
    if report.failures:
        raise typer.Exit(1)
    return None


def _print_report(report: Any, skipped: list[dict[str, str]], out: Path) -> None:
    for each in skipped:
        print(f"skipped: {each['agent']} on {each['environment']}: {each['reason']}")  # noqa: T201
    for note in report.notes:
        print(f"note: {note}")  # noqa: T201
    failed: dict[str, list[str]] = {}
    for each in report.failures:
        failed.setdefault(each["sentence"], []).append(each["folder"])
    for sentence, folders in failed.items():  # a wrong setting fails with every seed
        more = f" and {len(folders) - 1} more" if len(folders) > 1 else ""
        print(f"failed: {folders[0]}{more}: {sentence} (failure.json there has the traceback)")  # noqa: T201
    before = f", {report.found} of them earlier" if report.found else ""
    print(f"{report.done} of {report.runs} runs are done{before} -> {out}")  # noqa: T201


def _print_plan(planned: Any, out: Path | None, as_json: bool) -> None:
    from mdpzoo.experiments.studies.states import state_of

    rows = [
        {"folder": each.folder, "steps": each.run.steps, "state": state_of(each.run, out and out / each.folder)}
        for each in planned.runs
    ]
    skipped = [dataclasses.asdict(each) for each in planned.skipped]
    if as_json:
        listing.print_json({"runs": rows, "skipped": skipped})
    else:
        listing.print_rows(rows)
        for each in skipped:
            print(f"skipped: {each['agent']} on {each['environment']}: {each['reason']}")  # noqa: T201


@app.command(epilog="Example: mdpzoo watch results")
def watch(
    folder: Annotated[Path, typer.Argument(help="a study's folder")],
    once: Annotated[bool, typer.Option("--once", help="Print the table once and end.")] = False,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 2.0,
    as_json: Json = False,
) -> None:
    """Show a study's progress, live; Ctrl-C ends it."""
    from mdpzoo.experiments.studies.watching import Watcher

    watcher = Watcher(folder)
    if as_json:
        return listing.print_json(watcher.look().as_json())
    if once or not sys.stdout.isatty():
        seen = watcher.look()
        listing.print_rows(seen.rows)
        print(seen.sentence)  # noqa: T201
        return None
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    with contextlib.suppress(KeyboardInterrupt), Live(refresh_per_second=2) as live:
        while True:
            seen = watcher.look()
            live.update(Group(listing.table_of(seen.rows), Text(seen.sentence)), refresh=True)
            if seen.is_over:
                break
            time.sleep(every)


@app.command(epilog="Example: mdpzoo tune q-learning mdpzoo/RiverSwim-v0 --trials 20 --steps 20000 --out tuned")
def tune(
    agent: Annotated[str, typer.Argument(help="an agent's id")],
    environment: Annotated[str, typer.Argument(help="an environment's id")],
    trials: Annotated[int, typer.Option(min=1, help="Trials that shall be finished in the end.")],
    steps: Annotated[int, typer.Option(min=1, help="Environment steps of a trial.")],
    out: Out,
    jobs: Jobs = 1,
    seed: Seed = 0,
    settings: Settings = None,
    environment_settings: EnvironmentSettings = None,
    envs: Annotated[int | None, typer.Option("--envs", min=1, help="Environments that step together.")] = None,
    episodes: Annotated[int, typer.Option(min=1, help="Episodes of an evaluation.")] = 20,
    as_json: Json = False,
) -> None:
    """Search for an agent's best settings with Optuna, or resume a search."""
    with working(1):
        from mdpzoo.experiments.run import Run
        from mdpzoo.experiments.tuning.tuner import run_search

        spec = registry.agent(agent)
        run = Run(
            agent=agent,
            environment=environment,
            steps=steps,
            seed=seed,
            num_envs=envs or min(8, spec.max_envs or 8),
            settings=read_settings(settings),
            environment_settings=read_settings(environment_settings),
            evaluation_episodes=episodes,
        )
        defaults = {row["name"]: row["default"] for row in settings_rows(spec.build, spec.settings, spec.ranges)}
        with stopping():
            found = run_search(run, trials, out, defaults=defaults, jobs=jobs, progress=sys.stderr.isatty())
    if as_json:
        listing.print_json(dataclasses.asdict(found))
        return
    before = "" if found.default is None else f", {found.default:.6g} with the defaults"
    print(f"{found.finished} trials, {found.pruned} of them pruned; the best returns {found.best:.6g}{before}")  # noqa: T201
    print(f"settings: {', '.join(f'{name}={value}' for name, value in found.settings.items())} -> {found.file}")  # noqa: T201
