from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo.settings import check_types

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
