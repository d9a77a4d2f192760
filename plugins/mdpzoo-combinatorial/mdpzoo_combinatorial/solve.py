"""``mdpzoo solve FILE``: reads an instance, lets an agent solve it, prints the answer."""

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from mdpzoo.errors import SettingError, unknown
from mdpzoo_combinatorial.budget import Budget
from mdpzoo_combinatorial.instances import TSPInstance
from mdpzoo_combinatorial.tsplib import read_instance, write_tour

STOPPED = 130  # the exit code after Ctrl-C


class Answer(NamedTuple):
    """What an agent found.

    Attributes:
        solution: the tour, nodes counted from 0.
        decoding: how it was decoded; None where the agent has one way only.
        seconds: of wall clock that the search took.
    """

    solution: list[int]
    decoding: str | None
    seconds: float


def solve(
    file: Annotated[Path, typer.Argument(help="An instance: a TSPLIB file of a symmetric travelling salesman.")],
    seconds: Annotated[float, typer.Option(min=0.01, help="Wall-clock time to search for.")] = 10.0,
    agent: Annotated[str, typer.Option(help="bq-nco or nearest-neighbour.")] = "bq-nco",
    decoding: Annotated[str | None, typer.Option(help="greedy, symmetric, sample or reconstruct.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of what is drawn at random.")] = 0,
    picture: Annotated[Path | None, typer.Option(help="Write a picture: .png, .svg or .pdf.")] = None,
    tour: Annotated[Path | None, typer.Option(help="Write the tour as a TSPLIB file.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads that torch may use.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")] = False,
) -> None:
    """Solve an instance file and print the answer. Example: mdpzoo solve berlin52.tsp --seconds 10 --picture tour.png

    Ctrl-C ends the search and prints the best answer so far. A solution lists nodes counted from 0 in the file's order.
    """
    if agent not in SOLVERS:
        raise unknown("solver", agent, SOLVERS, "mdpzoo solve --help")
    instance = read_instance(file)
    _check_outputs(picture, tour)
    with _watched(seconds, instance.name) as (budget, stopped):
        import torch

        torch.set_num_threads(threads)
        answer = SOLVERS[agent](instance, decoding, seed, budget)
    objective = instance.objective(answer.solution)
    told = {
        "problem": instance.problem,
        "instance": instance.name,
        "objective": objective,
        "solution": answer.solution,
        "seconds": round(answer.seconds, 3),
        "agent": agent,
        "decoding": answer.decoding,
    }
    if as_json:
        print(json.dumps(told))  # noqa: T201
    else:
        Console(soft_wrap=True).print(_sentence(told), markup=False, highlight=False)
    if tour is not None:
        write_tour(tour, answer.solution, instance.name, objective)
    if picture is not None:
        from mdpzoo_combinatorial.render import save_picture

        save_picture(picture, instance, answer.solution, title=f"{instance.name}: {objective:,.10g}")
    if stopped:
        Console(stderr=True).print("stopped early; this is the best answer so far", markup=False)
        raise typer.Exit(STOPPED)


def _bq_nco(instance: TSPInstance, decoding: str | None, seed: int, budget: Budget) -> Answer:
    from mdpzoo_combinatorial.bq_nco import BQNCO

    found = BQNCO.load("tsp").solve(instance, decoding or "reconstruct", seed=seed, budget=budget)
    return Answer(found.sequence[0].tolist(), found.decoding, found.seconds)


def _nearest_neighbour(instance: TSPInstance, decoding: str | None, seed: int, budget: Budget) -> Answer:
    if decoding is not None:
        raise SettingError(f"nearest-neighbour has one decoding only; leave out --decoding {decoding}")
    began = time.monotonic()
    here, left, tour = 0, list(range(1, instance.num_nodes)), [0]
    while left:
        here = left.pop(int(instance.distance(here, left).argmin()))
        tour.append(here)
    return Answer(tour, None, time.monotonic() - began)


SOLVERS: dict[str, Callable[[TSPInstance, str | None, int, Budget], Answer]] = {
    "bq-nco": _bq_nco,
    "nearest-neighbour": _nearest_neighbour,
}


@contextmanager
def _watched(seconds: float, name: str) -> Iterator[tuple[Budget, list[int]]]:
    """A budget that Ctrl-C ends, with a bar on a terminal; also a list that is not empty once Ctrl-C was pressed.

    A second Ctrl-C interrupts as usual.
    """
    columns = ("{task.description}", BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    rate = TextColumn("{task.fields[best]} {task.fields[rate]}")
    shown = Console(stderr=True)
    stopped: list[int] = []
    with Progress(*columns, rate, console=shown, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(name, total=seconds, best="", rate="")
        began = time.monotonic()

        def report(rounds: int, objective: float) -> None:
            gone = time.monotonic() - began
            progress.update(task, completed=gone, best=f"{objective:,.10g}", rate=f"{rounds / gone:.1f} rounds/s")

        budget = Budget(seconds, None if progress.disable else report)

        def stop(signal_number: int, _: Any) -> None:
            if stopped:
                raise KeyboardInterrupt
            stopped.append(signal_number)
            budget.stop()

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield budget, stopped
        finally:
            signal.signal(signal.SIGINT, before)


def _check_outputs(picture: Path | None, tour: Path | None) -> None:
    """Refuses, before the search begins, what could not be written after it."""
    from mdpzoo_combinatorial.render import FORMATS

    if picture is not None and picture.suffix.lower() not in FORMATS:
        raise SettingError(f"a picture's name must end in {', '.join(FORMATS)}, got {str(picture)!r}")
    for path in (picture, tour):
        if path is not None and not path.absolute().parent.is_dir():
            raise SettingError(
                f"there is no folder {str(path.absolute().parent)!r} to write {path.name!r} into; make it"
            )


def _sentence(told: dict[str, Any]) -> str:
    how = f"{told['agent']}, {told['decoding']}" if told["decoding"] else told["agent"]
    order = " ".join(map(str, told["solution"]))
    head = f"{told['instance']}: a tour of length {told['objective']:,.10g} in {told['seconds']:.1f} s ({how})"
    return f"{head}\n{order}"
