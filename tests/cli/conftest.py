"""Typing commands in this process."""

import sys

import pytest

from mdpzoo import cli


@pytest.fixture
def zoo(monkeypatch, capsys):
    """Types a command; returns the exit code, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["mdpzoo", *map(str, arguments)])
        monkeypatch.setattr(cli.app, "registered_commands", list(cli.app.registered_commands))
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as ended:
            code = ended.code or 0
        told = capsys.readouterr()
        return code, told.out, told.err

    return run
