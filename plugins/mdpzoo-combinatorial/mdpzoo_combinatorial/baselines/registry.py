"""Runs the solvers of the table and validates their solutions.

A solver is a function ``(instance, seed, budget) -> SolverResult``; its module is imported when it is first called.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple, cast

from mdpzoo.codes import load
from mdpzoo.errors import SettingError, unknown
from mdpzoo.showing import entry_text
from mdpzoo_combinatorial.baselines.table import SOLVERS
from mdpzoo_combinatorial.instances.routing import SHOWN_BY
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS, resolve

SEED_LIMIT = 2**63
STANDS_IN = "stands in"  # part of ``decoding`` if another solver had to be used


class SolverResult(NamedTuple):
    """The result of a solver.

    Attributes:
        solution: as ``instance.objective`` expects it.
        proven_optimal: whether the solver has proven the solution optimal.
        decoding: the method, if the solver has several, or the solver that was used instead because this one had no
            solution in time; None otherwise.
    """

    solution: Any
    proven_optimal: bool = False
    decoding: str | None = None


class Answer(NamedTuple):
    """A solution that was validated against its instance.

    Attributes:
        solution: in canonical form, as lists of int.
        objective: its value; an int if all costs or values are integers.
        proven_optimal: whether it is optimal, by the solver's own proof or because it meets a bound.
        decoding: as in ``SolverResult``.
        seconds: wall-clock time of the search.
        instance: the solved instance.
    """

    solution: Any
    objective: int | float
    proven_optimal: bool
    decoding: str | None
    seconds: float
    instance: Any

    def __repr__(self) -> str:
        """One line, with the solution abbreviated."""
        facts = ", ".join(f"{name}={entry_text(value)}" for name, value in self._facts().items())
        return f"Answer({facts})"

    def _facts(self) -> dict[str, Any]:
        """The fields shown at the prompt and in notebooks."""
        return {**self._asdict(), "instance": self.instance.name}

    def _repr_png_(self) -> bytes | None:
        """A picture, for notebooks."""
        return cast("bytes | None", load(f"{SHOWN_BY}:png_of")(self.instance, self.solution))

    def _repr_html_(self) -> str:
        """A small table and a picture, for notebooks."""
        return str(load(f"{SHOWN_BY}:html_with_picture")(self, self._repr_png_()))


def solve(
    instance: Any,
    agent: str,
    *,
    seconds: float | None = None,
    seed: int = 0,
    budget: Budget | None = None,
) -> Answer:
    """Solves an instance.

    Args:
        instance: an instance of any problem.
        agent: a key of ``SOLVERS`` that solves this problem.
        seconds: wall-clock limit; None: until the solver ends, or 10 for anytime solvers.
        seed: of the solver, in ``[0, 2**63)``.
        budget: replaces ``seconds`` by a limit that can be stopped early.

    Raises:
        UnknownNameError: if the solver is unknown.
        SettingError: if the solver does not solve this problem, the instance is too large for it, or an argument is out
            of range.
        MissingExtraError: if the package that the solver needs is not installed.
    """
    if agent not in SOLVERS:
        raise unknown("solver", agent, SOLVERS, "mdpzoo_combinatorial.baselines.SOLVERS")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEED_LIMIT:
        raise SettingError(f"seed must be an integer in [0, 2**63), got {seed!r}")
    began = time.monotonic()
    solver = SOLVERS[agent]
    solver.check(instance.problem)
    function: Callable[[Any, int, Budget], SolverResult] = resolve(f"baselines.{solver.code}")
    found = function(instance, seed, budget or Budget(seconds))
    return check_result(instance, found, time.monotonic() - began)


def check_result(instance: Any, found: SolverResult, seconds: float) -> Answer:
    """Validates the result of a search that took ``seconds``, and returns it as an answer."""
    solution = instance.validate(found.solution)
    return answer_of(instance, found._replace(solution=solution), seconds)


def answer_of(instance: Any, found: SolverResult, seconds: float) -> Answer:
    """Returns the answer for a solution that is already validated and in canonical form."""
    solution = found.solution if isinstance(found.solution, list) else found.solution.tolist()
    objective = instance.evaluate(solution)
    proven = found.proven_optimal or PROBLEMS[instance.problem].meets_bound(instance, objective)
    return Answer(solution, objective, proven, found.decoding, seconds, instance)
