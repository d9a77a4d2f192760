"""``mdpzoo verify INSTANCE SOLUTION``: validates a solution file and prints its objective."""

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

INVALID = 1  # exit code for a solution that is not valid; it is 2 for a file that cannot be used


def verify(
    instance: Annotated[Path, typer.Argument(help="An instance file: TSPLIB, CVRPLIB, OPLib, knapsack or CSV.")],
    solution: Annotated[
        Path, typer.Argument(help="A solution file: .tour, .sol, or the output of 'mdpzoo solve --json'.")
    ],
    ids_from: Annotated[
        int | None, typer.Option(min=0, max=1, help="Number of the first node or item in the solution file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")] = False,
) -> None:
    """Validate a solution and print its objective. Example: mdpzoo verify berlin52.tsp best.tour

    The exit code is 0 if the solution is valid, 1 if it is not, and 2 if one of the files cannot be used.
    """
    problem = read_instance(instance)
    result = verdict(problem, read_claim(solution, problem, ids_from))
    if as_json:
        print(json.dumps(result))  # noqa: T201
    else:
        Console(soft_wrap=True).print(_sentence(result), markup=False, highlight=False)
    if not result["valid"]:
        raise typer.Exit(INVALID)


def verdict(instance: Instance, claim: Claim) -> dict[str, Any]:
    """Returns problem, instance, objective (None if it is not a solution), valid, the first fault or None, and claimed,
    the objective stated in the file or None.

    Args:
        instance: the instance to be solved.
        claim: the content of the solution file; stating another objective than that of the solution is a fault.
    """
    objective, fault = None, None
    try:
        objective = instance.objective(claim.solution)
    except InstanceError as error:
        fault = str(error)
    if objective is not None and claim.objective is not None and not agrees(claim, objective):
        fault = f"the file states the objective {claim.objective:.10g}, but its solution has {objective:.10g}"
        if (exact := unrounded_cost(instance, claim)) is not None:
            fault += f" (its unrounded cost is {exact:.10g}; write EDGE_WEIGHT_TYPE : EXACT_2D)"
    return {
        "problem": instance.problem,
        "instance": instance.name,
        "objective": objective,
        "valid": fault is None,
        "fault": fault,
        "claimed": claim.objective,
    }


def unrounded_cost(instance: Any, claim: Claim) -> float | None:
    """Returns the unrounded cost of a solution if its file states this cost; None otherwise."""
    if getattr(instance, "edge_weight_type", None) not in ("EUC_2D", "CEIL_2D", "FLOOR_2D") or instance.maximise:
        return None
    exact = replace(instance, edge_weight_type="EUCLIDEAN").objective(claim.solution)
    return float(exact) if agrees(claim, exact) else None


def _sentence(result: dict[str, Any]) -> str:
    head = f"{result['instance']} ({result['problem']}): "
    if result["valid"]:
        return f"{head}valid, objective {result['objective']:,.10g}"
    return f"{head}not valid: {result['fault']}"
