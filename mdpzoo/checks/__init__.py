"""The conformance kit: what every environment, agent and plugin of the zoo passes, and a third party runs on its own.

In a test: ``assert not [each for each in run_checks("acme-maze") if each.failure]``, or ``pytest --mdpzoo acme-maze``.
On the command line: ``mdpzoo check acme-maze``. A check that does not apply says why: it has neither passed nor failed.
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


EXTRA = ("torch", "stable_baselines3")  # what checks themselves need
INSTALL = "type: pip install 'mdpzoo[sb3]'"


@dataclass(frozen=True)
class CheckResult:
    """How one check ended.

    Attributes:
        name: what was checked, a sentence that is true if it passed.
        failure: what was found instead, one line; None if nothing was.
        skipped: why the check does not apply, one line; None if it does.
        subject: whose check it is: an environment's id and settings, an agent's id, or a plugin's name.
    """

    name: str
    failure: str | None = None
    skipped: str | None = None
    subject: str = ""

    @property
    def verdict(self) -> str:
        """``"passed"``, ``"skipped: ..."`` or what was found."""
        return self.failure or (f"skipped: {self.skipped}" if self.skipped else "passed")


def checks(name: str, **settings: Any) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yields what there is to check of one thing: names of checks, and functions that raise if they find a fault.

    Such a function raises ``NotApplicable`` if it does not apply.

    Args:
        name: an environment, an agent, or a plugin, whose own checks are meant, not those of what it brings.
        **settings: the environment's or the agent's.

    Raises:
        UnknownNameError: if there is no such thing.
    """
    yield from suite(subjects(name, **settings)[0])


def run_checks(name: str, **settings: Any) -> list[CheckResult]:
    """Runs every check; what it prints and warns of is not shown.

    Args:
        name: an environment: of the zoo, ``"CartPole-v1"`` or any other that Gymnasium or PettingZoo knows,
            ``"package:Name-v0"`` for one that is registered when ``package`` is imported, or a module of PettingZoo's
            such as ``"pettingzoo.classic.tictactoe_v3"``; an agent; or a plugin, by its distribution or entry point,
            with all its environments and agents.
        **settings: the environment's or the agent's.

    Raises:
        UnknownNameError: if there is no such thing.
        SettingError: if it cannot be made with these settings.
    """
    found = subjects(name, **settings)
    if settings:
        with silence():
            found[0].try_settings()
    return [run_check(subject.title, *each) for subject in found for each in suite(subject)]


def run_check(subject: str, name: str, check: Callable[[], None]) -> CheckResult:
    """Runs one check; what it prints and warns of is not shown.

    Args:
        subject: whose check it is, for the result.
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
    except Exception as error:  # whatever a third party's code may raise
        sentence = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        return CheckResult(name, sentence, subject=subject)
    return CheckResult(name, subject=subject)


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Shows neither what is printed nor warnings while its block runs."""
    hidden = io.StringIO()
    with contextlib.redirect_stdout(hidden), contextlib.redirect_stderr(hidden), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
