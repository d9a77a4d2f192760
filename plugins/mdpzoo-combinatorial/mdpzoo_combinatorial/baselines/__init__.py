"""Solvers of the literature for all five problems, from simple rules to LKH, PyVRP and OR-tools.

    from mdpzoo_combinatorial.baselines import solve
    answer = solve(read_instance("A-n32-k5.vrp"), "pyvrp", seconds=10)

``SOLVERS`` lists the solvers with the problems that they solve and the packages that they need. As agents on
environments (``agents.py``), they apply a rule to each observation or follow a plan made at the start of an episode
(``planned.py``).
"""

from typing import TYPE_CHECKING

from mdpzoo.codes import lazily

if TYPE_CHECKING:
    from mdpzoo_combinatorial.baselines.registry import Answer, solve
    from mdpzoo_combinatorial.baselines.table import SOLVERS, Solver

__all__ = ["SOLVERS", "Answer", "Solver", "solve"]
__getattr__, __dir__ = lazily(
    __name__, {"SOLVERS": "table", "Solver": "table", "Answer": "registry", "solve": "registry"}
)
