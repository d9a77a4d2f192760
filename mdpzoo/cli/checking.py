"""The command ``mdpzoo check``."""

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mdpzoo.cli import listing
from mdpzoo.cli.commands import EnvironmentSettings, Json, Settings, app
from mdpzoo.cli.settings_text import read_settings
from mdpzoo.errors import SettingError

if TYPE_CHECKING:
    from mdpzoo.checks import Checked, CheckResult


@app.command(epilog="Example: mdpzoo check acme-maze CartPole-v1 pettingzoo.classic.tictactoe_v3")
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME...", help="Plugins, environments or agents; any of Gymnasium's and PettingZoo's."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that is installed.")] = False,
    settings: Settings = None,
    environment_settings: EnvironmentSettings = None,
    as_json: Json = False,
) -> None:
    """Check plugins, environments and agents against every rule; exit code 1 if one is broken.

    A plugin, named by its distribution, is checked with all its environments and agents. PettingZoo's own games are
    named by their modules, and an id that is registered when a package is imported is written PACKAGE:ID.
    """
    own = read_settings(settings) | read_settings(environment_settings)
    if everything == bool(names):
        raise SettingError("name what to check, or give --all; for example: mdpzoo check CartPole-v1")
    if own and (everything or len(names or []) > 1):
        raise SettingError("settings are for one environment or one agent; name only that")
    with contextlib.redirect_stdout(sys.stderr):  # for programs, standard output holds the answer only
        results = list(_run(names or [], own))
    rows = [{"subject": each.subject, "check": each.name, "result": each.verdict} for each in results]
    if as_json:
        listing.print_json(rows)
    else:
        _print_report(results)
    if any(each.failure for each in results):
        raise typer.Exit(1)


def _run(names: list[str], settings: dict[str, Any]) -> "Iterator[CheckResult]":
    """Runs the checks of what is named, or of everything, with a bar on a terminal."""
    with contextlib.suppress(ModuleNotFoundError):  # then the checks that need it say so
        import torch

        torch.set_num_threads(1)
    from mdpzoo import checks
    from mdpzoo.checks.suites import suite
    from mdpzoo.experiments.progress import bar

    found: list[Checked] = [each for name in names for each in checks.subjects(name, **settings)]
    found = found or checks.everything()
    if settings:
        with checks.silence():
            found[0].try_settings()
    planned = [(subject.title, *each) for subject in found for each in suite(subject)]
    with bar("checks", len(planned), sys.stderr.isatty()) as advance:
        for done, (title, name, function) in enumerate(planned):
            yield checks.run_check(title, name, function)
            advance(done + 1)


def _print_report(results: "list[CheckResult]") -> None:
    """Prints a table for one subject; for several a line each, with what failed and what was not tested."""
    subjects = list(dict.fromkeys(each.subject for each in results))
    if len(subjects) == 1:
        listing.print_rows([{"check": each.name, "result": each.verdict} for each in results])
        return
    rows = []
    for subject in subjects:
        own = [each for each in results if each.subject == subject]
        failed = [each for each in own if each.failure]
        skipped = sum(each.skipped is not None for each in own)
        told = f"{len(own) - len(failed) - skipped} passed, {skipped} do not apply, {len(failed)} failed"
        rows.append({"subject": subject, "result": told})
        rows += [{"subject": "", "result": f"{each.name}: {each.failure}"} for each in failed]
    listing.print_rows(rows)
    print("Why a check does not apply: mdpzoo check NAME", file=sys.stderr)  # noqa: T201
