"""Commands around studies: many runs in one folder."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mdpzoo.cli import listing
from mdpzoo.cli.options import STOPPED, Json, working

Jobs = Annotated[int, typer.Option(min=1, help="Runs at a time, a process each.")]
Out = Annotated[Path, typer.Option(help="The folder that keeps everything; new, or begun earlier.")]


def bench(
    study: Annotated[Path, typer.Argument(help="the study, a TOML file")],
    out: Annotated[Path | None, typer.Option(help="The folder of the study; new, or begun earlier.")] = None,
    jobs: Jobs = 1,
    engine: Annotated[Literal["local", "ray"], typer.Option(help="What executes the runs.")] = "local",
    address: Annotated[str | None, typer.Option(help="A running Ray cluster, HOST:PORT or auto.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    keep_every: Annotated[float, typer.Option(min=0.0, help="Seconds between two saves of a run.")] = 30.0,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write TensorBoard's files.")] = False,
    as_json: Json = False,
) -> None:
    """Execute a study; started again, it goes on. Exit code 1 when a run failed."""
    with working(1):
        from mdpzoo.experiments.studies.pairing import plan
        from mdpzoo.experiments.studies.study_file import read_study
        from mdpzoo.experiments.studies.whole_study import run_study

        planned = plan(read_study(study))
        if dry_run:
            return _print_plan(planned, out, as_json)
        if out is None:
            raise typer.BadParameter("give the study a folder: --out FOLDER")
        shown = sys.stderr.isatty()
        try:
            report = run_study(
                planned, out, jobs=jobs, engine=engine, address=address, tensorboard=tensorboard,
                keep_every=keep_every, progress=shown,
            )  # fmt: skip
        except KeyboardInterrupt:
            print("stopped; go on with the same command", file=sys.stderr)  # noqa: T201
            raise typer.Exit(STOPPED) from None
    skipped = [{"environment": each.environment, "agent": each.agent, "reason": each.reason} for each in planned.skipped]
    told = {"folder": str(out), "runs": report.runs, "done": report.done, "found": report.found}
    if as_json:
        listing.print_json(
            told | {"failed": report.failures, "skipped": skipped, "notes": report.notes, "seconds": report.seconds}
        )
    else:
        _print_report(report, skipped, out)
    if report.failures:
        raise typer.Exit(1)


def _print_report(report: Any, skipped: list[dict[str, str]], out: Path) -> None:
    for each in skipped:
        print(f"skipped: {each['agent']} on {each['environment']}: {each['reason']}")  # noqa: T201
    for note in report.notes:
        print(f"note: {note}")  # noqa: T201
    for each in report.failures:
        print(f"failed: {each['folder']}: {each['sentence']} (failure.json there has the traceback)")  # noqa: T201
    before = f", {report.found} of them earlier" if report.found else ""
    print(f"{report.done} of {report.runs} runs are done{before} -> {out}")  # noqa: T201


def _print_plan(planned: Any, out: Path | None, as_json: bool) -> None:
    from mdpzoo.experiments.studies.states import state_of

    rows = [
        {"folder": each.folder, "steps": each.run.steps, "state": state_of(each.run, out and out / each.folder)}
        for each in planned.runs
    ]
    skipped = [{"environment": each.environment, "agent": each.agent, "reason": each.reason} for each in planned.skipped]
    if as_json:
        listing.print_json({"runs": rows, "skipped": skipped})
    else:
        listing.print_rows(rows)
        for each in skipped:
            print(f"skipped: {each['agent']} on {each['environment']}: {each['reason']}")  # noqa: T201
