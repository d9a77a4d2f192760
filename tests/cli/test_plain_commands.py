"""Commands that take texts and flags as they are typed."""

import inspect
import typing

import pytest

from mdpzoo.cli import app
from mdpzoo.cli.plain_commands import PlainCommand

PLAIN = [each for each in app.registered_commands if each.cls is PlainCommand]


def test_the_commands_that_people_begin_with_are_plain():
    assert {each.name or each.callback.__name__ for each in PLAIN} == {"list", "show", "doctor"}


@pytest.mark.parametrize("command", [*PLAIN, app.registered_callback], ids=lambda each: each.callback.__name__)
def test_plain_commands_take_texts_and_flags_only(command):
    hints = typing.get_type_hints(command.callback)
    assert {hints[name] for name in inspect.signature(command.callback).parameters} <= {str, bool}


@pytest.mark.parametrize(("typed", "code", "said"), [
    (["list", "agents"], 0, "q-learning"),
    (["list"], 2, "Missing argument 'kind'"),
    (["show", "--json"], 2, "Missing argument 'id'"),
    (["doctor", "--json=3"], 2, "does not take a value"),
    (["list", "--help"], 0, "Example: mdpzoo list environments"),
    (["lst"], 2, "Did you mean 'list'"),  # all commands are known where none is found
])  # fmt: skip
def test_a_plain_command_answers_as_any_other_does(zoo, typed, code, said):
    ended, out, err = zoo(*typed)
    assert (ended, said in out + err) == (code, True)
