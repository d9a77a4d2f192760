"""The conformance kit: what every environment of the zoo passes, and a third party runs on its own.

In a test: ``assert not [each for each in run_checks("mine/Thing-v0") if each.failure]``. On the command line:
``mdpzoo check mine/Thing-v0``. A check that does not apply says so: it has neither passed nor failed.
"""

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from mdpzoo import registry
from mdpzoo.checks.subject import NotApplicable, Subject
from mdpzoo.errors import MdpzooError, SettingError

__all__ = ["CheckResult", "NotApplicable", "checks", "run_checks"]
Check = tuple[str, Callable[[], None]]


@dataclass(frozen=True)
class CheckResult:
    """How one check ended.

    Attributes:
        name: what was checked, a sentence that is true if it passed.
        failure: what was found instead, one line; None if nothing was.
        skipped: why the check does not apply, one line; None if it does.
    """

    name: str
    failure: str | None = None
    skipped: str | None = None


def checks(id: str, **settings: Any) -> Iterator[Check]:
    """Yields what there is to check of an environment: names, and functions that raise if they find a fault.

    Such a function raises ``NotApplicable`` if it does not apply to the environment.

    Args:
        id: an environment's id.
        **settings: the environment's.

    Raises:
        UnknownNameError: if there is no such environment.
    """
    subject = Subject(registry.environment(id), settings)
    if subject.spec.several_players:
        from mdpzoo.checks import games, purity, seats

        found = games.CHECKS | seats.CHECKS | purity.CHECKS
    else:
        from mdpzoo.checks import faces, hidden, purity, upstream, walks

        found = upstream.CHECKS | walks.CHECKS | purity.CHECKS | faces.CHECKS | hidden.CHECKS
    for name, function in found.items():
        yield name, partial(function, subject)


def run_checks(id: str, **settings: Any) -> list[CheckResult]:
    """Runs every check of an environment; what it prints and warns of is not shown.

    Args:
        id: an environment's id.
        **settings: the environment's.

    Raises:
        UnknownNameError: if there is no such environment.
        SettingError: if the environment cannot be made with these settings.
    """
    found = list(checks(id, **settings))
    _try(id, settings)
    return [_run(name, check) for name, check in found]


def _try(id: str, settings: dict[str, Any]) -> None:
    """Makes the environment once, so that wrong settings are told as such; the checks report whatever else fails."""
    from mdpzoo import make, make_parallel

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            (make_parallel if registry.environment(id).several_players else make)(id, **settings).close()
        except SettingError:
            raise
        except Exception:  # whatever a third party's code may raise
            return


def _run(name: str, check: Callable[[], None]) -> CheckResult:
    silence = io.StringIO()
    try:
        with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check()
    except NotApplicable as reason:
        return CheckResult(name, skipped=str(reason))
    except MdpzooError as error:
        return CheckResult(name, str(error))
    except Exception as error:  # whatever a third party's code may raise
        return CheckResult(name, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
    return CheckResult(name)
