"""From an environment's settings to its problem: checks that all five problems share."""

from pathlib import Path
from typing import Any

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.environments.direct import DirectProblem
from mdpzoo_combinatorial.environments.path import PathProblem
from mdpzoo_combinatorial.environments.rules import Rules

MOST = 200_000  # nodes, customers or items of an environment: as many as a file may have


def instance_of_kind(instance: Any, kind: type) -> Any:
    """Reads an instance where a path is given, and checks that it is of the kind.

    Raises:
        InstanceError: the file cannot be used.
        SettingError: it holds another problem.
    """
    if isinstance(instance, str | Path):
        from mdpzoo_combinatorial.files import read_instance

        instance = read_instance(instance)
    if not isinstance(instance, kind):
        problem = getattr(instance, "problem", None)
        what = f"is a {problem}; make mdpzoo/{problem}-v0 of it" if problem else f"is no instance: {instance!r:.60}"
        raise SettingError(f"mdpzoo/{kind.problem}-v0 needs its own kind of instance, this {what}")  # type: ignore[attr-defined]
    return instance


def size_setting(
    what: str, count: int | None, default: int, least: int, held: int | None = None, most: int = MOST
) -> int:
    """The number that a setting asks for; ``held`` is how many an instance has.

    Raises:
        SettingError: fewer than ``least``, more than ``most``, or another number than the instance has.
    """
    if held is not None and count not in (None, held):
        raise SettingError(f"the instance has {what}={held}, the setting says {count}; give one of them")
    count = default if count is None else count
    count = count if held is None else held
    if not least <= count <= most:
        raise SettingError(f"{what} must lie in {least}..{most}, got {count}")
    return count


def problem_in_form(rules: Rules, form: str) -> DirectProblem | PathProblem:
    """The problem in one of its forms.

    Raises:
        SettingError: there is no such form.
    """
    if form not in ("direct", "bq"):
        raise SettingError(f"form must be 'direct' or 'bq', got {form!r}")
    return DirectProblem(rules) if form == "direct" else PathProblem(rules)
