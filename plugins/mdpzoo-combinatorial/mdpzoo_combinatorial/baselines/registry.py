"""Runs the solvers of the table, and checks what they find.

A solver is a function ``(instance, seed, budget) -> Found``; its module is imported when it is asked to solve.
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
STANDS_IN = "stands in"  # part of the decoding where something else than the solver itself has answered


class Found(NamedTuple):
    """What a solver hands back.

    Attributes:
        solution: as ``instance.objective`` takes it.
        proven_optimal: whether the solver has proven that no solution is better.
        decoding: how, where there are several ways; names the stand-in where the solver itself had no answer in time.
    """

    solution: Any
    proven_optimal: bool = False
    decoding: str | None = None


class Answer(NamedTuple):
    """An answer that has been checked against its instance.

    Attributes:
        solution: in canonical form, as lists of int.
        objective: its value; an int where everything that it adds is one.
        proven_optimal: whether no solution can be better, by the solver's own proof or a bound that it meets.
        decoding: as in ``Found``.
        seconds: of wall clock that the search took.
        instance: what was solved.
    """

    solution: Any
    objective: int | float
    proven_optimal: bool
    decoding: str | None
    seconds: float
    instance: Any

    def __repr__(self) -> str:
        """One line, the solution cut."""
        facts = ", ".join(f"{name}={entry_text(value)}" for name, value in self._facts().items())
        return f"Answer({facts})"

    def _facts(self) -> dict[str, Any]:
        """What is shown at the prompt and in notebooks."""
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
        instance: any of the five kinds.
        agent: a key of ``SOLVERS`` that solves this kind.
        seconds: wall-clock limit; None: until the solver ends by itself, or 10 where it does not.
        seed: in ``[0, 2**63)``, of what the solver draws.
        budget: in place of ``seconds``, a limit that can be cut short.

    Raises:
        UnknownNameError: there is no such solver.
        SettingError: the solver does not solve this problem, the instance is too large for it, or a value is wrong.
        MissingExtraError: the package that the solver needs is not installed.
    """
    if agent not in SOLVERS:
        raise unknown("solver", agent, SOLVERS, "mdpzoo_combinatorial.baselines.SOLVERS")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEED_LIMIT:
        raise SettingError(f"seed must be an integer in [0, 2**63), got {seed!r}")
    began = time.monotonic()
    solver = SOLVERS[agent]
    solver.check(instance.problem)
    function: Callable[[Any, int, Budget], Found] = resolve(f"baselines.{solver.code}")
    found = function(instance, seed, budget or Budget(seconds))
    return checked(instance, found, time.monotonic() - began)


def checked(instance: Any, found: Found, seconds: float) -> Answer:
    """What a search has found in so many seconds, checked against the instance."""
    solution = instance.checked(found.solution)
    return answer_of(instance, found._replace(solution=solution), seconds)


def answer_of(instance: Any, found: Found, seconds: float) -> Answer:
    """The answer with a solution that was checked before, in canonical form."""
    solution = found.solution if isinstance(found.solution, list) else found.solution.tolist()
    objective = instance.evaluate(solution)
    proven = found.proven_optimal or PROBLEMS[instance.problem].meets_bound(instance, objective)
    return Answer(solution, objective, proven, found.decoding, seconds, instance)
