"""``mdpzoo solve FILE``: solves an instance from a file, or an example, and prints the solution."""

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from mdpzoo.compiling.clock import COMPILE_TIME
from mdpzoo.errors import SettingError, unknown
from mdpzoo.files import check_folder
from mdpzoo_combinatorial.baselines.registry import STANDS_IN, Answer, SolverResult, answer_of
from mdpzoo_combinatorial.baselines.registry import solve as solve_by_baseline
from mdpzoo_combinatorial.baselines.table import SOLVERS
from mdpzoo_combinatorial.commands.choosing import choose
from mdpzoo_combinatorial.files.reading import read_instance
from mdpzoo_combinatorial.files.solution_files import write_solution
from mdpzoo_combinatorial.instances import Instance
from mdpzoo_combinatorial.instances.examples import EXAMPLES, PREFIX
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS

STOPPED = 130  # the exit code after Ctrl-C
BQ_NCO = "bq-nco"
AUTO = "auto"
AGENTS = (BQ_NCO, *SOLVERS)
MIN_CHECKS = 10  # a search that checked the time limit less often has hardly started


def solve(
    file: Annotated[str, typer.Argument(help=f"An instance file, or {', '.join(PREFIX + each for each in EXAMPLES)}.")],
    seconds: Annotated[float, typer.Option(min=0.01, help="Time limit of the search, wall clock.")] = 10.0,
    agent: Annotated[str, typer.Option(help=f"auto, or one of {', '.join(AGENTS)}.")] = AUTO,
    decoding: Annotated[
        str | None,
        typer.Option(
            help="Decoding of bq-nco, followed by local search: greedy, symmetric, sample, beam, reconstruct (default)."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    picture: Annotated[Path | None, typer.Option(help="Write a picture: .png, .svg or .pdf.")] = None,
    solution: Annotated[Path | None, typer.Option(help="Write the solution: a .tour or a .sol file.")] = None,
    tour: Annotated[Path | None, typer.Option(help="As --solution.", hidden=True)] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads that torch may use.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")] = False,
) -> None:
    """Solve an instance and print the solution. Example: mdpzoo solve berlin52.tsp --seconds 10 --picture tour.png

    Supported files: TSPLIB, CVRPLIB, OPLib, knapsack files and CSV. --agent auto chooses the installed solver that a
    benchmark found best for the problem, the size and the time, and prints the reason; --decoding without --agent uses
    bq-nco. The time limit does not include imports and compilation. Ctrl-C stops the search and prints the best
    solution so far. Nodes and items are counted from 0 in the order of the file; the depot is node 0. lkh, pyvrp and
    ortools need the extras of these names; lkh is for non-commercial use only.
    """
    if agent != AUTO and agent not in AGENTS:
        raise unknown("solver", agent, (AUTO, *AGENTS), "mdpzoo solve --help")
    began = time.monotonic()
    instance = read_instance(file)
    choice = choose(instance, seconds) if agent == AUTO and decoding is None else None
    name = choice.agent if choice else BQ_NCO if agent == AUTO else agent
    _check_agent(name, instance, decoding)
    _check_outputs(picture, solution, tour)
    if choice and not as_json:
        _say(f"auto chose {name} ({choice.reason})")
    with _show_progress(seconds, instance.name) as (budget, stopped):
        answer, name = _solve(instance, name, decoding, seed, budget, stopped, threads)
    seconds_of = {
        "search_seconds": round(budget.used, 3),
        "setup_seconds": round(time.monotonic() - began - budget.used, 3),
    }
    warning = None if stopped else _little_search(name, answer, budget)
    result = _facts(instance, answer, name, seconds_of) | {
        "chosen_because": choice and choice.reason,
        "warning": warning,
    }
    if as_json:
        print(json.dumps(result))  # noqa: T201
    else:
        Console(soft_wrap=True).print(_sentence(result), markup=False, highlight=False)
    _write(instance, answer, result["unit"], picture, solution, tour)
    if warning:
        _say(f"warning: {warning}")
    if stopped:
        _say("stopped early; this is the best solution so far")
        raise typer.Exit(STOPPED)


def _solve(
    instance: Instance, agent: str, decoding: str | None, seed: int, budget: Budget, stopped: list[int], threads: int
) -> tuple[Answer, str]:
    """Returns the answer and its solver, which is a heuristic if Ctrl-C was pressed before there was a solution."""
    try:
        if agent == BQ_NCO:
            return _solve_by_bq_nco(instance, decoding, seed, budget, threads), agent
        return solve_by_baseline(instance, agent, seed=seed, budget=budget), agent
    except (KeyboardInterrupt, Exception):  # a compiler may turn KeyboardInterrupt into another error
        if not stopped:
            raise
        COMPILE_TIME.interrupted = False
        rule = PROBLEMS[instance.problem].rule
        return solve_by_baseline(instance, rule, seed=seed), rule


def _say(sentence: str) -> None:
    """Prints a line on standard error."""
    Console(stderr=True, soft_wrap=True).print(sentence, markup=False, highlight=False)


def _little_search(agent: str, answer: Answer, budget: Budget) -> str | None:
    """Returns a warning if the time limit was too short for a search; None otherwise."""
    if answer.proven_optimal or budget.seconds is None:
        return None
    if answer.decoding and STANDS_IN in answer.decoding:
        return f"{agent} found no solution within {budget.seconds:g} s: {answer.decoding}; increase --seconds"
    if budget.began and budget.spent and budget.looks < MIN_CHECKS:
        return f"{budget.seconds:g} s were too short for a search; increase --seconds"
    return None


def _facts(instance: Instance, answer: Answer, agent: str, seconds: dict[str, float]) -> dict[str, Any]:
    """Returns the values that ``--json`` prints."""
    return {
        "problem": instance.problem,
        "instance": instance.name,
        "objective": answer.objective,
        "unit": None if instance.maximise else getattr(instance, "unit", None),
        "solution": answer.solution,
        "names": solution_names(instance, answer.solution),
        **seconds,
        "agent": agent,
        "decoding": answer.decoding,
        "proven_optimal": answer.proven_optimal,
    }


def _write(instance: Instance, answer: Answer, unit: str | None, picture: Path | None, *solutions: Path | None) -> None:
    """Writes the output files."""
    for path in solutions:
        if path is not None:
            write_solution(path, answer.solution, instance, objective=answer.objective)
    if picture is not None:
        from mdpzoo_combinatorial.render import save_picture

        title = f"{instance.name}: {answer.objective:,.10g}{f' {unit}' if unit else ''}"
        save_picture(picture, instance, answer.solution, title=title)


def solution_names(instance: Instance, solution: Any) -> Any:
    """Returns a solution with the names of its nodes or items; None if they have no names."""
    if not instance.names:
        return None
    names = instance.names
    return [[names[each] for each in part] if isinstance(part, list) else names[part] for part in solution]


def _solve_by_bq_nco(instance: Any, decoding: str | None, seed: int, budget: Budget, threads: int) -> Answer:
    import torch

    from mdpzoo_combinatorial.bq_nco.shipped import shipped_for
    from mdpzoo_combinatorial.bq_nco.trained_network import read_network

    torch.set_num_threads(threads)
    trained = read_network(shipped_for(instance))
    found = trained.solve(instance, decoding or "reconstruct", seed=seed, budget=budget, descent=True)
    how = found.decoding if found.complete else f"{found.decoding}, a rule {STANDS_IN} for the network"
    return answer_of(instance, SolverResult(found.solutions[0], decoding=how), found.seconds)


def _check_agent(agent: str, instance: Instance, decoding: str | None) -> None:
    """Raises SettingError early if the agent cannot solve the instance."""
    if agent == BQ_NCO:
        return
    problems = SOLVERS[agent].problems
    if instance.problem not in problems:
        able = [BQ_NCO, *(each.id for each in SOLVERS.values() if instance.problem in each.problems)]
        raise SettingError(
            f"{agent} solves {' and '.join(problems)}, but {instance.name} is a {instance.problem}; "
            f"use {', '.join(able)}"
        )
    SOLVERS[agent].require()
    if decoding is not None:
        raise SettingError(f"{agent} has one decoding only; leave out --decoding {decoding}")


@contextmanager
def _show_progress(seconds: float, name: str) -> Iterator[tuple[Budget, list[int]]]:
    """Yields a budget that Ctrl-C stops, and a list that is not empty after Ctrl-C; shows progress on a terminal.

    A second Ctrl-C, or one before the search starts, raises KeyboardInterrupt as usual.
    """
    columns = ("{task.description}", BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    rate = TextColumn("{task.fields[best]} {task.fields[rate]}")
    shown = Console(stderr=True)
    stopped: list[int] = []
    with Progress(*columns, rate, console=shown, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(name, total=seconds, best="", rate="")

        def report(rounds: int, objective: float) -> None:
            elapsed = max(1e-3, budget.used)
            progress.update(task, completed=elapsed, best=f"{objective:,.10g}", rate=f"{rounds / elapsed:.1f} rounds/s")

        budget = Budget(seconds, None if progress.disable else report)

        def stop(signal_number: int, _: Any) -> None:
            budget.stop()
            early = COMPILE_TIME.running or not budget.began
            COMPILE_TIME.interrupted = COMPILE_TIME.running
            if stopped or early:
                stopped.append(signal_number)
                raise KeyboardInterrupt
            stopped.append(signal_number)

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield budget, stopped
        finally:
            signal.signal(signal.SIGINT, before)


def _check_outputs(picture: Path | None, *others: Path | None) -> None:
    """Raises SettingError early if an output file could not be written."""
    from mdpzoo_combinatorial.render import FORMATS

    if picture is not None and picture.suffix.lower() not in FORMATS:
        raise SettingError(f"a picture's name must end in {', '.join(FORMATS)}, got {str(picture)!r}")
    for path in (picture, *others):
        if path is not None:
            check_folder(path)


def _sentence(result: dict[str, Any]) -> str:
    """Returns the answer as text: the objective, the solver, and the solution."""
    record, solution = PROBLEMS[result["problem"]], result["solution"]
    unit = f" {result['unit']}" if result["unit"] else ""
    what = record.words(solution, f"{result['objective']:,.10g}{unit}")
    proof = "proven optimal" if result["proven_optimal"] else "not proven optimal"
    how = f"{result['agent']}, {result['decoding']}" if result["decoding"] else result["agent"]
    lists = solution if record.routes else [solution]
    names = result["names"] and (result["names"] if record.routes else [result["names"]])
    lines = "\n".join(" ".join(map(str, each)) for each in lists)
    if names:
        lines += "\n" + "\n".join(" - ".join(each) for each in names)
    return f"{result['instance']}: {what}, {proof}, in {result['search_seconds']:.1f} s ({how})\n{lines}"
