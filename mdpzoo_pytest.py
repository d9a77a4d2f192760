"""The pytest plugin: ``pytest --mdpzoo acme-maze`` runs every conformance check as a test with the check's name.

This module stands beside the package, so that pytest runs without the option import nothing of MDPZoo.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

SUBJECTS = pytest.StashKey[list[Any]]()  # what the option names


class CheckFailure(Exception):
    """A check that failed; the message says what was found."""


class CheckItem(pytest.Item):
    """One check of one environment, agent or plugin."""

    def __init__(self, *, subject: str, check: str, function: Callable[[], None], **more: Any) -> None:
        """Takes a check by its names."""
        super().__init__(**more)
        self.subject, self.check, self.function = subject, check, function

    def runtest(self) -> None:
        """Runs the check."""
        from mdpzoo.checks import run_check

        result = run_check(self.subject, self.check, self.function)
        if result.skipped is not None:
            pytest.skip(result.skipped)
        if result.failure is not None:
            raise CheckFailure(result.failure)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Shows what was found, one line; the traceback of a check says nothing to a plugin's author."""
        if isinstance(excinfo.value, CheckFailure):
            return f"{self.subject}: {self.check}: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, None, str]:
        """Where the check stands, for reports."""
        return "mdpzoo", None, f"{self.subject}: {self.check}"


class Conformance(pytest.Collector):
    """The checks of all that the option names."""

    def collect(self) -> Iterator[CheckItem]:
        """Yields an item for each check."""
        from mdpzoo.checks.suites import suite

        for subject in self.config.stash[SUBJECTS]:
            for check, function in suite(subject):
                own = {"subject": subject.title, "check": check, "function": function}
                yield CheckItem.from_parent(self, name=f"{subject.title}: {check}", **own)


def pytest_addoption(parser: Any) -> None:
    """Adds the option."""
    parser.getgroup("mdpzoo").addoption(
        "--mdpzoo",
        action="append",
        default=[],
        metavar="NAME",
        help="also run the conformance checks of a plugin, an environment or an agent; may be given several times",
    )


def pytest_configure(config: Any) -> None:
    """Finds what the option names.

    Raises:
        pytest.UsageError: if it names nothing that is installed.
    """
    names = config.getoption("--mdpzoo", default=[])
    if not names:
        return
    from mdpzoo.checks import subjects
    from mdpzoo.errors import MdpzooError

    try:
        config.stash[SUBJECTS] = [each for name in names for each in subjects(name)]
    except MdpzooError as error:
        raise pytest.UsageError(f"--mdpzoo: {error}") from error


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: Any) -> Any:
    """Adds the checks to what the session collects from its arguments."""
    report = yield
    if isinstance(collector, pytest.Session) and collector.config.stash.get(SUBJECTS, []):
        report.result.append(Conformance.from_parent(collector, name="mdpzoo", nodeid="mdpzoo"))
    return report
