"""What ``mdpzoo solve`` shows besides the solution: its times, and a progress bar while it searches."""

import io
import json
import sys
from types import SimpleNamespace

from mdpzoo_combinatorial.commands import solve_file
from mdpzoo_combinatorial.local_search.budget import Budget


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self):
        return True


def test_the_setup_takes_what_the_search_does_not(monkeypatch, capsys):
    monkeypatch.setattr(solve_file, "time", SimpleNamespace(monotonic=iter([100.0, 107.0]).__next__))
    monkeypatch.setattr(Budget, "used", 5.0)
    solve_file.solve("example:luggage", agent="greedy-ratio", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["search_seconds"], told["setup_seconds"]) == (5.0, 2.0)  # of 7 seconds in all


def test_the_progress_bar_is_erased_after_the_search(monkeypatch):
    terminal = Terminal()
    for name, value in (("TERM", "xterm"), ("COLUMNS", "120"), ("LINES", "30")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stderr", terminal)
    with solve_file._show_progress(60.0, "square") as (budget, stopped):
        budget.tell(3, 40.0)
    assert not stopped
    _, shown, after = terminal.getvalue().rpartition("square")
    assert shown
    assert "\x1b[2K" in after  # the line is cleared, and nothing is written to it again
