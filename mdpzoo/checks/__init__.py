"""The conformance kit: checks that all environments, agents and plugins of the zoo pass, for third parties as well.

In a test: ``assert not [each for each in run_checks("acme-maze") if each.failure]``, or ``pytest --mdpzoo acme-maze``.
On the command line: ``mdpzoo check acme-maze``. A check that does not apply is skipped with a reason.
"""

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mdpzoo.checks.subject import NotApplicable
from mdpzoo.checks.suites import Checked, everything, subjects, suite
from mdpzoo.errors import MdpzooError, MissingExtraError

__all__ = [
    "CheckResult",
    "Checked",
    "NotApplicable",
    "checks",
    "everything",
    "run_check",
    "run_checks",
    "silence",
    "subjects",
]


EXTRA = ("torch", "stable_baselines3")  # packages that the checks need
INSTALL = "type: pip install 'mdpzoo[sb3]'"


@dataclass(frozen=True)
class CheckResult:
    """The result of one check.

    Attributes:
        name: a sentence that is true if the check passed.
        failure: the fault, in one line; None if there is none.
        skipped: the reason why the check does not apply, in one line; None if it does.
        subject: an environment's id and settings, an agent's id, or a plugin's name.
    """

    name: str
    failure: str | None = None
    skipped: str | None = None
    subject: str = ""

    @property
    def verdict(self) -> str:
        """``"passed"``, ``"skipped: ..."`` or the failure."""
        return self.failure or (f"skipped: {self.skipped}" if self.skipped else "passed")


def checks(name: str, **settings: Any) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yields the checks of one subject: their names, and functions that raise if they find a fault.

    A function raises ``NotApplicable`` if its check does not apply.

    Args:
        name: an environment, an agent, or a plugin; for a plugin, without the checks of its environments and agents.
        **settings: the environment's or the agent's.

    Raises:
        UnknownNameError: if the name is unknown.
    """
    yield from suite(subjects(name, **settings)[0])


def run_checks(name: str, **settings: Any) -> list[CheckResult]:
    """Runs all checks; their output and warnings are suppressed.

    Args:
        name: an environment: of the zoo, ``"CartPole-v1"`` or any other that Gymnasium or PettingZoo knows,
            ``"package:Name-v0"`` for one that is registered when ``package`` is imported, or a module of PettingZoo's
            such as ``"pettingzoo.classic.tictactoe_v3"``; an agent; or a plugin, by its distribution or entry point,
            with all its environments and agents.
        **settings: the environment's or the agent's.

    Raises:
        UnknownNameError: if the name is unknown.
        SettingError: if the environment or agent cannot be created with these settings.
    """
    found = subjects(name, **settings)
    if settings:
        with silence():
            found[0].try_settings()
    return [run_check(subject.title, *each) for subject in found for each in suite(subject)]


def run_check(subject: str, name: str, check: Callable[[], None]) -> CheckResult:
    """Runs one check; its output and warnings are suppressed.

    Args:
        subject: of the check, for the result.
        name: of the check.
        check: the function.
    """
    try:
        with silence():
            check()
    except (NotApplicable, MissingExtraError) as reason:
        return CheckResult(name, skipped=str(reason), subject=subject)
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package not in EXTRA:
            return CheckResult(name, f"ModuleNotFoundError: {error}", subject=subject)
        return CheckResult(name, skipped=f"{package} is not installed; {INSTALL}", subject=subject)
    except MdpzooError as error:
        return CheckResult(name, str(error), subject=subject)
    except Exception as error:  # third parties' code may raise anything
        sentence = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        return CheckResult(name, sentence, subject=subject)
    return CheckResult(name, subject=subject)


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Suppresses output and warnings within its block."""
    hidden = io.StringIO()
    with contextlib.redirect_stdout(hidden), contextlib.redirect_stderr(hidden), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
