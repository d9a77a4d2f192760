"""Checks of a plugin itself: its loading, its distribution's metadata, and the code that its specs name."""

import ast
import email.message
import importlib.metadata
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mdpzoo import registry
from mdpzoo.checks.subject import NotApplicable
from mdpzoo.codes import load, packaged_file
from mdpzoo.discovery import GROUP

HEAVY = ("torch", "stable_baselines3", "numba", "matplotlib", "scipy", "pandas")
FIELDS = {"Summary": "description", "Requires-Python": "requires-python", "Description-Content-Type": "readme"}


@dataclass(frozen=True)
class PluginSubject:
    """A plugin.

    Attributes:
        status: the outcome of loading it.
    """

    status: registry.PluginStatus

    @property
    def title(self) -> str:
        """The name used in reports: the plugin's distribution and version."""
        return f"{self.status.distribution} {self.status.version}"

    def try_settings(self) -> None:
        """Does nothing: a plugin has no settings."""

    def distribution(self) -> importlib.metadata.Distribution:
        """Returns the installed distribution."""
        return importlib.metadata.distribution(self.status.distribution)

    def metadata(self) -> email.message.Message:
        """Reads the distribution's core metadata."""
        return self.distribution().metadata  # type: ignore[return-value]

    def specs(self) -> Iterator[tuple[str, Any]]:
        """Yields the names and specs of everything that the plugin provides."""
        everything = (registry.environments(), registry.agents(), registry.commands(), registry.families())
        for specs, prefix in zip(everything, ("", "", "", "family "), strict=True):
            for name, spec in specs.items():
                if registry.owner(f"{prefix}{name}") == self.status.distribution:
                    yield f"{prefix}{name}", spec


def it_loads(plugin: PluginSubject) -> None:
    """Checks that ``import mdpzoo`` loaded it."""
    assert plugin.status.ok, f"it was left out: {plugin.status.reason}"


def it_brings_something(plugin: PluginSubject) -> None:
    """Counts its environments, agents, commands and families."""
    assert any(plugin.specs()), "its hooks return nothing: no environment, agent, command or family"


def metadata_is_complete(plugin: PluginSubject) -> None:
    """Looks for a description, Python versions, a licence, a readme and classifiers."""
    found = plugin.metadata()
    missing = [name for field, name in FIELDS.items() if not found.get(field)]
    if not (found.get("License-Expression") or found.get("License") or _classifiers(found, "License ::")):
        missing.append("license")
    if not _classifiers(found, "Programming Language :: Python ::"):
        missing.append("classifiers 'Programming Language :: Python :: 3.x'")
    assert not missing, f"pyproject.toml has no {', no '.join(missing)}"


def licence_is_included(plugin: PluginSubject) -> None:
    """Looks for the licence's text among the installed files."""
    found = plugin.metadata().get_all("License-File") or []
    names = [str(each).upper() for each in plugin.distribution().files or []]
    assert found or any("LICEN" in name or "COPYING" in name for name in names), "its distribution has no LICENSE file"


def it_requires_the_zoo(plugin: PluginSubject) -> None:
    """Looks for the zoo among the requirements, with a lower and an exclusive upper version bound."""
    required = plugin.metadata().get_all("Requires-Dist") or []
    zoo = [each for each in required if each.startswith("mdpzoo") and not each.startswith("mdpzoo-")]
    zoo = [each for each in zoo if "extra ==" not in each]
    assert zoo, "its dependencies do not name mdpzoo"
    assert ">=" in zoo[0], f"its dependency {zoo[0]!r} has no lowest version"
    assert "<" in zoo[0], f"its dependency {zoo[0]!r} has no version below which it works"


def it_carries_no_tests(plugin: PluginSubject) -> None:
    """Looks for tests among the installed files."""
    installed = plugin.distribution().files or []
    tests = [str(each) for each in installed if each.name == "conftest.py" or each.name.startswith("test_")]
    tests += [str(each) for each in installed if each.parts[0] == "tests"]
    assert not tests, f"its distribution installs tests: {tests[0]}"


def listing_is_light(plugin: PluginSubject) -> None:
    """Imports the plugin module in a fresh process and looks for packages that are slow to import."""
    code = f"import sys, importlib; importlib.import_module({_module(plugin)!r}); print([*sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.strip().rpartition("\n")[2]
    loaded = set(ast.literal_eval(done.stdout.strip().rpartition("\n")[2]))
    heavy = [name for name in HEAVY if name in loaded]
    assert not heavy, (
        f"importing {_module(plugin)} imports {heavy[0]}; name code as strings and import it when it is used"
    )


def code_is_there(plugin: PluginSubject) -> None:
    """Imports everything that its specs name as ``"module:attribute"``."""
    lacking = set()
    for name, spec in plugin.specs():
        for field in spec.codes:
            if (code := getattr(spec, field)) is None:
                continue
            try:
                assert callable(load(code)), f"{field} of {name} is {code!r}, which cannot be called"
            except AttributeError as error:
                raise AssertionError(f"{field} of {name} is {code!r}, which does not exist: {error}") from error
            except ModuleNotFoundError as error:
                package = _module(plugin).partition(".")[0]
                if (error.name or "").partition(".")[0] == package:
                    raise AssertionError(f"{field} of {name} is {code!r}, which does not exist: {error}") from error
                lacking.add(error.name)
    if lacking:
        raise NotApplicable(f"not all code could be imported without {', '.join(sorted(map(str, lacking)))}")


def specs_have_summaries(plugin: PluginSubject) -> None:
    """Looks for a summary of one line on every environment, agent and command."""
    for name, spec in plugin.specs():
        if name.startswith("family "):
            continue
        assert spec.summary.strip(), f"{name} has no summary"
        assert "\n" not in spec.summary, f"the summary of {name} has several lines"


def pages_are_there(plugin: PluginSubject) -> None:
    """Opens its documentation pages."""
    pages = [page for _, spec in plugin.specs() for page in getattr(spec, "pages", ())]
    if not pages:
        raise NotApplicable("it names no documentation page")
    for page in pages:
        file = packaged_file(page)
        assert file.is_file(), f"there is no documentation page {page!r}"
        assert file.read_text(encoding="utf-8").startswith("# "), f"the page {page!r} does not begin with a title"


def _module(plugin: PluginSubject) -> str:
    points = plugin.distribution().entry_points.select(group=GROUP, name=plugin.status.name)
    return next(iter(points)).module


def _classifiers(found: email.message.Message, start: str) -> list[str]:
    return [each for each in found.get_all("Classifier") or [] if each.startswith(start)]


CHECKS: dict[str, Callable[[PluginSubject], None]] = {
    "it loads": it_loads,
    "it brings something": it_brings_something,
    "its metadata is complete": metadata_is_complete,
    "its licence is included": licence_is_included,
    "it requires mdpzoo within versions": it_requires_the_zoo,
    "it installs no tests": it_carries_no_tests,
    "listing it imports nothing heavy": listing_is_light,
    "the code that its specs name is there": code_is_there,
    "everything has a summary of one line": specs_have_summaries,
    "its documentation pages are there": pages_are_there,
}
