"""``mdpzoo verify INSTANCE SOLUTION``: says whether a file solves an instance, and what the solution is worth."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.files.numbering import agrees
from mdpzoo_combinatorial.files.reading import read_instance
from mdpzoo_combinatorial.files.solution_files import Claim, read_claim
from mdpzoo_combinatorial.instances import Instance

INVALID = 1  # the exit code where the solution is none; a file that cannot be used exits with 2


def verify(
    instance: Annotated[Path, typer.Argument(help="An instance file: TSPLIB, CVRPLIB, OPLib, knapsack or CSV.")],
    solution: Annotated[Path, typer.Argument(help="Its solution: .tour, .sol, or what 'mdpzoo solve --json' printed.")],
    ids_from: Annotated[
        int | None, typer.Option(min=0, max=1, help="What the solution calls the first node or item.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")] = False,
) -> None:
    """Say whether a file solves an instance, and what it is worth. Example: mdpzoo verify berlin52.tsp best.tour

    Exit code 0 where it does, 1 where it does not, 2 where one of the files cannot be used.
    """
    problem = read_instance(instance)
    told = verdict(problem, read_claim(solution, problem, ids_from))
    if as_json:
        print(json.dumps(told))  # noqa: T201
    else:
        Console(soft_wrap=True).print(_sentence(told), markup=False, highlight=False)
    if not told["valid"]:
        raise typer.Exit(INVALID)


def verdict(instance: Instance, claim: Claim) -> dict[str, Any]:
    """Returns problem, instance, objective (None where there is no solution), valid, the first fault or None, and what
    the file claims, or None.

    Args:
        instance: what should be solved.
        claim: what a file says of it; an objective that it gets wrong is a fault.
    """
    objective, fault = None, None
    try:
        objective = instance.objective(claim.solution)
    except InstanceError as error:
        fault = str(error)
    if objective is not None and claim.objective is not None and not agrees(claim, objective):
        fault = f"the file claims {claim.objective:.10g}, but its solution has {objective:.10g}"
        if (exact := unrounded(instance, claim)) is not None:
            fault += f" (its unrounded cost is {exact:.10g}; write EDGE_WEIGHT_TYPE : EXACT_2D)"
    return {
        "problem": instance.problem,
        "instance": instance.name,
        "objective": objective,
        "valid": fault is None,
        "fault": fault,
        "claimed": claim.objective,
    }


def unrounded(instance: Any, claim: Claim) -> float | None:
    """The unrounded cost of a solution where this is what its file claims, else None."""
    if getattr(instance, "edge_weight_type", None) not in ("EUC_2D", "CEIL_2D", "FLOOR_2D") or instance.maximise:
        return None
    exact = replace(instance, edge_weight_type="EUCLIDEAN").objective(claim.solution)
    return float(exact) if agrees(claim, exact) else None


def _sentence(told: dict[str, Any]) -> str:
    head = f"{told['instance']} ({told['problem']}): "
    if told["valid"]:
        return f"{head}valid, objective {told['objective']:,.10g}"
    return f"{head}not valid: {told['fault']}"
