import pytest

from mdpzoo import cli
from mdpzoo.errors import SettingError


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("a=1", 1),
        ("a=1e-3", 0.001),
        ("a=[1, 2]", [1, 2]),
        ("a=MlpPolicy", "MlpPolicy"),
        ("a=x=y", "x=y"),  # only the first equals sign counts
        ("a=", ""),
        ("a=Infinity", "Infinity"),  # not JSON
        ("a=" + "[" * 100_000, "[" * 100_000),  # deep
    ],
)
def test_a_setting_is_json_where_it_can_be(pair, value):
    assert cli.read_settings([pair]) == {"a": value}


def test_a_dotted_name_is_a_field_of_a_nested_setting():
    pairs = ["imitation.tokens=256", "imitation.clip=0.5", "search.beam.width=4", "seed=1"]
    nested = {"imitation": {"tokens": 256, "clip": 0.5}, "search": {"beam": {"width": 4}}, "seed": 1}
    assert cli.read_settings(pairs) == nested


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (["a.b=1", "a.b=2"], "'a.b' is given twice"),
        (["a=1", "a.b=2"], "'a' has a value already"),
        (['a={"b": 1}', "a.c=2"], "'a' has a value already"),  # one way to say it, not both
        (["a.b=2", "a=1"], "'a' is given twice"),
    ],
)
def test_a_setting_has_one_value_or_fields(pairs, words):
    with pytest.raises(SettingError, match=words):
        cli.read_settings(pairs)


@pytest.mark.parametrize("pair", ["a", "=1", "a b=1", "1a=1", "a.=1", ".a=1", "a..b=1"])
def test_a_setting_without_a_name_is_refused(pair):
    with pytest.raises(SettingError, match="key=value"):
        cli.read_settings([pair])
