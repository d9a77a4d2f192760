"""Checks of environment settings that all problems share."""

from pathlib import Path
from typing import Any

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.environments.direct import DirectProblem
from mdpzoo_combinatorial.environments.path import PathProblem
from mdpzoo_combinatorial.environments.rules import Rules

MAX_SIZE = 200_000  # nodes, customers or items of an environment; the limit of files, too


def instance_of_problem(instance: Any, kind: type) -> Any:
    """Returns an instance of class ``kind``, read from a file if ``instance`` is a path.

    Raises:
        InstanceError: if the file cannot be used.
        SettingError: if the instance is of another problem.
    """
    if isinstance(instance, str | Path):
        from mdpzoo_combinatorial.files import read_instance

        instance = read_instance(instance)
    if not isinstance(instance, kind):
        problem = getattr(instance, "problem", None)
        given = f"a {problem}; use mdpzoo/{problem}-v0 for it" if problem else f"{instance!r:.60}"
        raise SettingError(f"mdpzoo/{kind.problem}-v0 needs a {kind.problem} instance, got {given}")  # type: ignore[attr-defined]
    return instance


def size_setting(
    name: str, count: int | None, default: int, smallest: int, own: int | None = None, largest: int = MAX_SIZE
) -> int:
    """Returns the number of tokens of an environment, from its setting ``name`` or its instance.

    Args:
        name: of the setting.
        count: its value; None if there is none.
        default: used if there is neither a value nor an instance.
        smallest: smallest number allowed.
        own: the instance's number; None if there is no instance.
        largest: largest number allowed.

    Raises:
        SettingError: if the number is out of range, or is not that of the instance.
    """
    if own is not None and count not in (None, own):
        raise SettingError(f"the instance has {name}={own}, but the setting is {count}; leave the setting out")
    count = default if count is None else count
    count = count if own is None else own
    if not smallest <= count <= largest:
        raise SettingError(f"{name} must lie in {smallest}..{largest}, got {count}")
    return count


def problem_in_form(rules: Rules, form: str) -> DirectProblem | PathProblem:
    """Returns the problem in one of its forms.

    Raises:
        SettingError: if ``form`` is unknown.
    """
    if form not in ("direct", "bq"):
        raise SettingError(f"form must be 'direct' or 'bq', got {form!r}")
    return DirectProblem(rules) if form == "direct" else PathProblem(rules)
