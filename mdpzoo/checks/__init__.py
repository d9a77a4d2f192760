"""The conformance kit: what every environment of the zoo passes, and a third party runs on its own.

In a test: ``assert all(each.failure is None for each in run_checks("mine/Thing-v0"))``. On the command line:
``mdpzoo check mine/Thing-v0``.
"""

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from mdpzoo import registry
from mdpzoo.errors import MdpzooError, SettingError

Check = tuple[str, Callable[[], None]]


@dataclass(frozen=True)
class CheckResult:
    """How one check ended.

    Attributes:
        name: what was checked, a sentence that is true when it passed.
        failure: what was found instead, one line; None where it passed.
    """

    name: str
    failure: str | None


def checks(id: str, **settings: Any) -> Iterator[Check]:
    """What there is to check of an environment: names, and functions that raise where they fail.

    Args:
        id: an environment's id.
        **settings: the environment's.

    Raises:
        UnknownNameError: there is no such environment.
    """
    spec = registry.environment(id)
    if spec.kind == "game":
        from mdpzoo.checks import games

        found = games.CHECKS
    else:
        from mdpzoo.checks import faces, single

        found = single.CHECKS | faces.CHECKS
    for name, function in found.items():
        yield name, partial(function, id, settings)


def run_checks(id: str, **settings: Any) -> list[CheckResult]:
    """Runs every check of an environment; what it prints and warns of is not shown.

    Args:
        id: an environment's id.
        **settings: the environment's.

    Raises:
        UnknownNameError: there is no such environment.
        SettingError: the environment cannot be made with these settings.
    """
    found = list(checks(id, **settings))
    _try(id, settings)
    return [CheckResult(name, _failure(check)) for name, check in found]


def _try(id: str, settings: dict[str, Any]) -> None:
    """Makes the environment once, so that wrong settings are told as such; the checks report whatever else fails."""
    from mdpzoo import make, make_parallel

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            (make_parallel if registry.environment(id).kind == "game" else make)(id, **settings).close()
        except SettingError:
            raise
        except Exception:  # whatever a third party's code may raise
            return


def _failure(check: Callable[[], None]) -> str | None:
    silence = io.StringIO()
    try:
        with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check()
    except MdpzooError as error:
        return str(error)
    except Exception as error:  # whatever a third party's code may raise
        return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return None
