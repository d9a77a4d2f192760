from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo.settings import (
    Choices,
    Range,
    check_fields,
    check_ranges,
    check_record,
    check_types,
    range_from,
    range_text,
    ranged,
)

if TYPE_CHECKING:
    from nowhere import Unreadable


def function(
    count: int = 1,
    rate: float = 1.0,
    maybe: int | None = None,
    name: str = "",
    flag: bool = False,
    form: Literal["a", "b"] = "a",
    pair: tuple[float, float] = (0.0, 1.0),
    names: str | list[str] = "",
    table: dict[str, Any] | None = None,
    kind: type[Exception] | None = None,
    anything: Any = None,
    unreadable: "Unreadable | None" = None,
    bare=None,
): ...


@pytest.mark.parametrize(
    "settings",
    [
        {"count": 3, "rate": 3, "maybe": None, "name": "x", "flag": True, "form": "b"},
        {"count": np.int64(3), "rate": np.float32(1)},  # NumPy's numbers are numbers
        {"pair": [0, 1], "names": ["x"], "table": {"x": 1}, "kind": ValueError},  # JSON's lists stand for tuples
        {"anything": [1], "unreadable": "x", "bare": object()},  # nothing is known of these
        {"pair": np.zeros(2)},  # nothing that JSON holds: the function's own business
        {"no_parameter": 1},  # whoever calls the function reports that
    ],
)
def test_what_fits_passes(settings):
    check_types(function, settings, "it")


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("count", "abc", "an integer"),
        ("count", 1.5, "an integer"),
        ("count", True, "an integer"),  # Python would take it for 1
        ("rate", "abc", "a number"),
        ("maybe", "x", "an integer or null"),
        ("name", 3, "a string"),
        ("flag", 1, "true or false"),
        ("form", "c", "'a' or 'b'"),
        ("pair", [0], "a list of 2"),
        ("pair", [0, "x"], "a list of 2"),
        ("names", [1], "a string or list"),
        ("table", [1], "dict or null"),
        ("kind", "ValueError", "type or null"),
    ],
)
def test_what_does_not_fit_is_named_with_what_would(name, value, wanted):
    with pytest.raises(SettingError) as refused:
        check_types(function, {name: value}, "it")
    assert str(refused.value) == f"setting {name!r} of it must be {wanted}, got {value!r}"


def test_a_class_is_asked_for_its_constructor():
    class Thing:
        def __init__(self, size: int) -> None: ...

    with pytest.raises(SettingError, match="setting 'size' of thing must be an integer"):
        check_types(Thing, {"size": "x"}, "thing")


@pytest.mark.parametrize(("range_", "words", "inside", "outside"), [
    (Range(1), "at least 1", [1, 10**9], [0, float("nan"), float("inf")]),
    (Range(2, 8), "in 2..8", [2, 8], [1, 9]),
    (Range(0, 1), "in [0, 1]", [0, 1], [-1e-9, 1 + 1e-9]),
    (Range(0, 1, above=True), "in (0, 1]", [1e-9, 1], [0]),
    (Range(0, 0.5, below=True), "in [0, 0.5)", [0], [0.5]),
    (Range(0, above=True), "positive", [1e-300], [0, float("inf")]),
    (Range(high=3), "at most 3", [-1e9, 3], [4, float("-inf")]),
    (Range(-45, 45, unit="degrees"), "in [-45, 45] degrees", [-45], [46]),
    (Range(), "any", [0], [float("nan"), float("inf")]),
])  # fmt: skip
def test_a_range_says_what_it_takes(range_, words, inside, outside):
    assert str(range_) == range_text(range_.data()) == words
    assert all(value in range_ for value in inside)
    for value in outside:
        with pytest.raises(SettingError, match=r"^slip must .*, got"):
            range_.check("slip", value)


def test_a_choice_that_is_not_known_gets_a_hint_and_other_types_pass():
    Choices(("uniform", "clustered")).check("distribution", "uniform")
    Choices(("uniform", "clustered")).check("distribution", ["a", "map"])
    with pytest.raises(SettingError, match=r"unknown distribution 'clustred'. Did you mean 'clustered'"):
        Choices(("uniform", "clustered")).check("distribution", "clustred")


def test_ranges_are_checked_in_every_call_and_none_means_the_default():
    @ranged
    def slide(slip: Annotated[float | None, Range(0, 1)] = None, *, steps: Annotated[int, Range(1)] = 1) -> Any:
        return slip, steps

    assert slide(0.5) == (0.5, 1)
    assert slide() == slide(None) == (None, 1)
    for arguments, named in ((((2,), {}), "slip"), (((), {"steps": 0}), "steps")):
        with pytest.raises(SettingError, match=named):
            slide(*arguments[0], **arguments[1])


def test_fields_of_a_record_are_checked_by_their_ranges():
    @dataclass
    class Settings:
        delta: Annotated[float, Range(0, 1)] = 0.5
        kind: Annotated[str, Choices(("one", "two"))] = "one"
        flag: bool = True

        def __post_init__(self) -> None:
            check_fields(self)

    assert Settings(1.0, "two", False).delta == 1.0
    with pytest.raises(SettingError, match=r"delta must lie in \[0, 1\], got 2"):
        Settings(2)
    with pytest.raises(SettingError, match="unknown kind 'tow'"):
        Settings(kind="tow")


def test_a_range_written_as_data_is_the_one_written_in_an_annotation():
    assert range_from({"low": 0, "high": 1, "above": True}) == Range(0, 1, above=True)
    assert range_from({"choices": ["a", "b"]}) == Choices(("a", "b"))


@pytest.mark.parametrize("wrong", [{"lowest": 0}, {"low": "0"}, {"choices": [1]}, {"choices": ["a"], "low": 0}])
def test_data_that_are_no_range_are_refused(wrong):
    with pytest.raises((TypeError, ValueError)):
        range_from(wrong)


def test_settings_are_held_against_the_ranges_of_a_spec():
    ranges = {"rate": {"low": 0, "high": 1}, "network.width": {"low": 1}}
    check_ranges(ranges, {"rate": 1, "network": {"width": 1}, "other": -1})
    with pytest.raises(SettingError, match=r"rate must lie in \[0, 1\], got 2"):
        check_ranges(ranges, {"rate": 2})
    with pytest.raises(SettingError, match="width must be at least 1, got 0"):
        check_ranges(ranges, {"network": {"width": 0}})


@pytest.mark.parametrize(("settings", "said"), [
    ({"size": 2.5}, "'size' of Record must be an integer, got 2.5"),
    ({"size": True}, "'size' of Record must be an integer, got True"),
    ({"size": 0}, "size must be at least 1, got 0"),
])  # fmt: skip
def test_a_record_checks_types_and_ranges_of_its_fields(settings, said):
    @dataclass
    class Record:
        size: Annotated[int, Range(1)] = 1

    check_record(Record())
    with pytest.raises(SettingError, match=said):
        check_record(Record(**settings))
