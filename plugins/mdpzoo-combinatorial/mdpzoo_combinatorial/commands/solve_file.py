"""``mdpzoo solve FILE``: reads an instance or takes an example, lets an agent solve it, prints the answer."""

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
TRAINED = "bq-nco"
AUTO = "auto"
AGENTS = (TRAINED, *SOLVERS)
FEW_LOOKS = 10  # at the clock: a search that had no more before its time was up has hardly begun


def solve(
    file: Annotated[str, typer.Argument(help=f"An instance file, or {', '.join(PREFIX + each for each in EXAMPLES)}.")],
    seconds: Annotated[float, typer.Option(min=0.01, help="Wall-clock time to search for.")] = 10.0,
    agent: Annotated[str, typer.Option(help=f"auto, or one of {', '.join(AGENTS)}.")] = AUTO,
    decoding: Annotated[
        str | None,
        typer.Option(
            help="Of bq-nco, each followed by local search: greedy, symmetric, sample, beam, reconstruct (its default)."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of what is drawn at random.")] = 0,
    picture: Annotated[Path | None, typer.Option(help="Write a picture: .png, .svg or .pdf.")] = None,
    solution: Annotated[Path | None, typer.Option(help="Write the solution: a .tour or a .sol file.")] = None,
    tour: Annotated[Path | None, typer.Option(help="As --solution.", hidden=True)] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads that torch may use.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")] = False,
) -> None:
    """Solve an instance and print the answer. Example: mdpzoo solve berlin52.tsp --seconds 10 --picture tour.png

    A file is TSPLIB, CVRPLIB, OPLib, a knapsack file or CSV. --agent auto takes the installed solver that was best for
    the problem, the size and the time in a benchmark, and says so; --decoding alone asks bq-nco. The time counts from
    the beginning of the search, without imports and compiling. Ctrl-C ends the search and prints the best answer so
    far. A solution counts nodes and items from 0 in the file's order, the depot being node 0. lkh needs the extra of
    that name and is for non-commercial use only; pyvrp and ortools need theirs.
    """
    if agent != AUTO and agent not in AGENTS:
        raise unknown("solver", agent, (AUTO, *AGENTS), "mdpzoo solve --help")
    began = time.monotonic()
    instance = read_instance(file)
    choice = choose(instance, seconds) if agent == AUTO and decoding is None else None
    name = choice.agent if choice else TRAINED if agent == AUTO else agent
    _check_agent(name, instance, decoding)
    _check_outputs(picture, solution, tour)
    if choice and not as_json:
        _say(f"auto takes {name} ({choice.reason})")
    with _watched(seconds, instance.name) as (budget, stopped):
        answer, name = _solved(instance, name, decoding, seed, budget, stopped, threads)
    seconds_of = {
        "search_seconds": round(budget.used, 3),
        "setup_seconds": round(time.monotonic() - began - budget.used, 3),
    }
    warning = None if stopped else _little_search(name, answer, budget)
    told = _facts(instance, answer, name, seconds_of) | {"chosen_because": choice and choice.reason, "warning": warning}
    if as_json:
        print(json.dumps(told))  # noqa: T201
    else:
        Console(soft_wrap=True).print(_sentence(told), markup=False, highlight=False)
    _write(instance, answer, told["unit"], picture, solution, tour)
    if warning:
        _say(f"warning: {warning}")
    if stopped:
        _say("stopped early; this is the best answer so far")
        raise typer.Exit(STOPPED)


def _solved(
    instance: Instance, agent: str, decoding: str | None, seed: int, budget: Budget, stopped: list[int], threads: int
) -> tuple[Answer, str]:
    """The answer and who found it: a simple rule, where Ctrl-C came before there was an answer."""
    try:
        if agent == TRAINED:
            return _by_trained(instance, decoding, seed, budget, threads), agent
        return solve_by_baseline(instance, agent, seed=seed, budget=budget), agent
    except (KeyboardInterrupt, Exception):  # a compiler may make another error of a Ctrl-C
        if not stopped:
            raise
        COMPILE_TIME.interrupted = False
        rule = PROBLEMS[instance.problem].rule
        return solve_by_baseline(instance, rule, seed=seed), rule


def _say(sentence: str) -> None:
    """Prints a line on standard error."""
    Console(stderr=True, soft_wrap=True).print(sentence, markup=False, highlight=False)


def _little_search(agent: str, answer: Answer, budget: Budget) -> str | None:
    """A sentence where the time was up before there was much of a search."""
    if answer.proven_optimal or budget.seconds is None:
        return None
    if answer.decoding and STANDS_IN in answer.decoding:
        return f"{agent} had no answer of its own within {budget.seconds:g} s: {answer.decoding}; give more --seconds"
    if budget.began and budget.spent and budget.looks < FEW_LOOKS:
        return f"almost no search happened within {budget.seconds:g} s; give more --seconds"
    return None


def _facts(instance: Instance, answer: Answer, agent: str, seconds: dict[str, float]) -> dict[str, Any]:
    """What ``--json`` prints."""
    return {
        "problem": instance.problem,
        "instance": instance.name,
        "objective": answer.objective,
        "unit": None if instance.maximise else getattr(instance, "unit", None),
        "solution": answer.solution,
        "names": named(instance, answer.solution),
        **seconds,
        "agent": agent,
        "decoding": answer.decoding,
        "proven_optimal": answer.proven_optimal,
    }


def _write(instance: Instance, answer: Answer, unit: str | None, picture: Path | None, *solutions: Path | None) -> None:
    """Writes the files that were asked for."""
    for path in solutions:
        if path is not None:
            write_solution(path, answer.solution, instance, objective=answer.objective)
    if picture is not None:
        from mdpzoo_combinatorial.render import save_picture

        title = f"{instance.name}: {answer.objective:,.10g}{f' {unit}' if unit else ''}"
        save_picture(picture, instance, answer.solution, title=title)


def named(instance: Instance, solution: Any) -> Any:
    """A solution with the names of its nodes or items in their places; None if they have no names."""
    if not instance.names:
        return None
    names = instance.names
    return [[names[each] for each in part] if isinstance(part, list) else names[part] for part in solution]


def _by_trained(instance: Any, decoding: str | None, seed: int, budget: Budget, threads: int) -> Answer:
    import torch

    from mdpzoo_combinatorial.bq_nco import BQNCO, shipped_for

    torch.set_num_threads(threads)
    trained = BQNCO.load(shipped_for(instance))
    found = trained.solve(instance, decoding or "reconstruct", seed=seed, budget=budget, descent=True)
    how = found.decoding if found.complete else f"{found.decoding}, a rule {STANDS_IN} for the network"
    return answer_of(instance, SolverResult(found.solutions[0], decoding=how), found.seconds)


def _check_agent(agent: str, instance: Instance, decoding: str | None) -> None:
    """Raises SettingError if the agent cannot solve the instance, before anything is computed."""
    if agent == TRAINED:
        return
    problems = SOLVERS[agent].problems
    if instance.problem not in problems:
        able = [TRAINED, *(each.id for each in SOLVERS.values() if instance.problem in each.problems)]
        raise SettingError(
            f"{agent} solves {' and '.join(problems)}, but {instance.name} is of the kind {instance.problem}; "
            f"use {', '.join(able)}"
        )
    SOLVERS[agent].require()
    if decoding is not None:
        raise SettingError(f"{agent} has one decoding only; leave out --decoding {decoding}")


@contextmanager
def _watched(seconds: float, name: str) -> Iterator[tuple[Budget, list[int]]]:
    """A budget that Ctrl-C ends, with a bar on a terminal; also a list that is not empty once Ctrl-C was pressed.

    A second Ctrl-C interrupts as usual, and so does one before the search begins.
    """
    columns = ("{task.description}", BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    rate = TextColumn("{task.fields[best]} {task.fields[rate]}")
    shown = Console(stderr=True)
    stopped: list[int] = []
    with Progress(*columns, rate, console=shown, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(name, total=seconds, best="", rate="")

        def report(rounds: int, objective: float) -> None:
            gone = max(1e-3, budget.used)
            progress.update(task, completed=gone, best=f"{objective:,.10g}", rate=f"{rounds / gone:.1f} rounds/s")

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
    """Raises SettingError if an output could not be written, before the search begins."""
    from mdpzoo_combinatorial.render import FORMATS

    if picture is not None and picture.suffix.lower() not in FORMATS:
        raise SettingError(f"a picture's name must end in {', '.join(FORMATS)}, got {str(picture)!r}")
    for path in (picture, *others):
        if path is not None:
            check_folder(path)


def _sentence(told: dict[str, Any]) -> str:
    """The answer for people: what it is worth, how it was found, and the solution itself."""
    record, solution = PROBLEMS[told["problem"]], told["solution"]
    unit = f" {told['unit']}" if told["unit"] else ""
    what = record.words(solution, f"{told['objective']:,.10g}{unit}")
    proof = "proven optimal" if told["proven_optimal"] else "not proven optimal"
    how = f"{told['agent']}, {told['decoding']}" if told["decoding"] else told["agent"]
    lists = solution if record.routes else [solution]
    names = told["names"] and (told["names"] if record.routes else [told["names"]])
    lines = "\n".join(" ".join(map(str, each)) for each in lists)
    if names:
        lines += "\n" + "\n".join(" - ".join(each) for each in names)
    return f"{told['instance']}: {what}, {proof}, in {told['search_seconds']:.1f} s ({how})\n{lines}"
