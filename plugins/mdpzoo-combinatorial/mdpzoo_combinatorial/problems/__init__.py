"""The problems of this plugin: one module with a record for each; importing them imports neither torch nor numba.

    from mdpzoo_combinatorial.problems import PROBLEMS
    PROBLEMS["CVRP"].action_variants

To add a problem, write a module with a ``RECORD`` and add its name to ``MODULES``.
"""

from collections.abc import Iterable
from importlib import import_module

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo_combinatorial.problems.record import Generation, Learning, Observation, ProblemRecord, resolve

__all__ = [
    "MODULES",
    "PROBLEMS",
    "Generation",
    "Learning",
    "Observation",
    "ProblemRecord",
    "record_named",
    "record_with_entries",
    "resolve",
]

MODULES = ("travelling_salesman", "asymmetric_salesman", "vehicle_routing", "prize_tours", "item_selection")
PROBLEMS: dict[str, ProblemRecord] = {
    record.name: record for record in (import_module(f"{__name__}.{module}").RECORD for module in MODULES)
}


def record_named(name: str) -> ProblemRecord:
    """Returns the record of a problem; its name may be in any case.

    Raises:
        SettingError: if the problem is unknown; the message suggests a similar name.
    """
    known = {each.lower(): each for each in PROBLEMS}
    found = known.get(str(name).lower())
    if found is None:
        hint = did_you_mean(str(name), PROBLEMS) or f" Known: {', '.join(PROBLEMS)}."
        raise SettingError(f"unknown problem {name!r}.{hint}")
    return PROBLEMS[found]


def record_with_entries(entries: Iterable[str]) -> ProblemRecord | None:
    """Returns the problem whose observations have these entries; None if there is none."""
    present = set(entries)
    return next((each for each in reversed(PROBLEMS.values()) if each.observation.mark in present), None)
