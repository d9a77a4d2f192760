"""Solvers of the literature for all five problems, from simple rules to LKH, PyVRP and OR-tools.

    from mdpzoo_combinatorial.baselines import solve
    answer = solve(read_instance("A-n32-k5.vrp"), "pyvrp", seconds=10)

``SOLVERS`` says which there are, what they solve and what they need. As agents on environments (``agents.py``) they act
by a rule on the observation, or by a plan made when an episode begins (``planned.py``).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mdpzoo_combinatorial.baselines.registry import Answer, solve
    from mdpzoo_combinatorial.baselines.table import SOLVERS, Solver

__all__ = ["SOLVERS", "Answer", "Solver", "solve"]
_HOMES = {"SOLVERS": "table", "Solver": "table", "Answer": "registry", "solve": "registry"}


def __getattr__(name: str) -> Any:
    """Imports the table when it is first asked for."""
    if name in __all__:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
