"""Every setting of an environment or an agent is listed with its type, its default and what is said of it."""

import json
import re
import subprocess
import sys

import pytest

from mdpzoo import registry
from mdpzoo.cli.settings_table import settings_rows
from mdpzoo.codes import load
from mdpzoo.errors import SettingError


@pytest.mark.parametrize(("id", "name", "type_", "default", "range_", "about"), [
    ("mdpzoo/TSP-v0", "form", "Literal['direct', 'bq']", "direct", {"choices": ["direct", "bq"]},
     '``"direct"`` or ``"bq"``.'),
    ("mdpzoo/PursuitEvasion-v0", "size", "int", 4,
     {"low": 2, "high": 8, "low_excluded": False, "high_excluded": False}, "rows and columns of the grid, in 2 .. 8."),
    ("ppo", "n_epochs", "int", 10, {"low": 1, "high": None, "low_excluded": False, "high_excluded": False},
     "Number of epoch when optimizing the surrogate loss"),  # SB3's words
    ("lkh", "seconds", "float | None", None,  # a record that is called
     {"low": 0, "high": None, "low_excluded": True, "high_excluded": False},
     "time limit of a plan; None: until the solver ends, or 1 for anytime solvers."),
    ("bq-nco", "imitation.cooldown", "float", 0.3,  # a record in a record
     {"low": 0, "high": 1, "low_excluded": False, "high_excluded": False},
     "last fraction of the run, in which the rate falls linearly, in [0, 1]."),
    ("sw-ucrl2", "window", "int | None", None, {"low": 1, "high": None, "low_excluded": False, "high_excluded": False},
     "steps in a sliding window; None: from the variation, as tuned by Cheung et al."),
])  # fmt: skip
def test_a_setting_has_its_row(id, name, type_, default, range_, about):
    rows = {row["name"]: row for row in rows_of(id)}
    expected = {"name": name, "type": type_, "default": default, "range": range_, "about": about}
    assert rows[name] == expected
    assert not {"self", "env"} & rows.keys()


def rows_of(id):
    spec = registry.environment(id) if "/" in id else registry.agent(id)
    if "/" in id:
        return settings_rows(spec.rules, spec.settings)
    return settings_rows(spec.build, spec.settings, spec.ranges)


NUMBERS = [
    (id, row["name"], row["range"])
    for id in registry.environments()
    for row in rows_of(id)
    if row["type"] in ("int", "float", "int | None", "float | None")
]


@pytest.mark.parametrize(("id", "name", "range_"), NUMBERS)
def test_every_number_of_an_environment_has_a_range_that_its_builder_keeps(id, name, range_):
    assert range_ is not None
    build, whole = load(registry.environment(id).rules), isinstance(range_["low"], int)
    outside = [float("nan")]
    for end, sign in (("low", -1), ("high", 1)):
        if range_[end] is not None:
            excluded = range_[f"{end}_excluded"]
            outside.append(range_[end] if excluded else range_[end] + sign * (1 if whole else 1e-6))
    for value in outside:
        with pytest.raises(SettingError, match=rf"^{name} must .*, got"):
            build(**{name: value})


@pytest.mark.parametrize("id", registry.environments())
def test_every_setting_of_an_environment_says_what_it_is(id):
    assert [row["name"] for row in rows_of(id) if not row["about"]] == []


@pytest.mark.parametrize("id", registry.agents())
def test_every_number_of_an_agent_has_a_range(id):
    numbers = [row for row in rows_of(id) if re.search(r"^(int|float|None)\b", row["type"].strip())]
    assert [row["name"] for row in numbers if row["range"] is None] == []


@pytest.mark.parametrize("id", registry.agents())
def test_a_range_in_the_spec_of_an_agent_is_of_one_of_its_settings(id):
    names = {row["name"] for row in rows_of(id)}
    assert {*registry.agent(id).ranges} - {"seed", "verbose"} <= names


def test_a_learner_lists_only_the_settings_that_it_takes():
    assert {"window", "widening"} <= {row["name"] for row in rows_of("sw-ucrl2")}
    assert not {"window", "widening"} & {row["name"] for row in rows_of("ucrl2")}


def test_people_read_ranges_as_words_and_programs_as_data():
    told = subprocess.run(
        [sys.executable, "-m", "mdpzoo", "show", "mdpzoo/PursuitEvasion-v0"], capture_output=True, text=True
    )
    assert re.search(r"^size +int +4 +in 2\.\.8 ", told.stdout, re.MULTILINE)
    told = subprocess.run([*told.args, "--json"], capture_output=True, text=True)
    assert json.loads(told.stdout)["parameters"][1]["range"]["high"] == 1


def test_a_setting_that_the_spec_fixes_is_the_default():
    rows = {
        row["name"]: row for row in settings_rows("mdpzoo_combinatorial.environments.tsp:build_tsp", {"form": "bq"})
    }
    assert rows["form"]["default"] == "bq"


@pytest.mark.parametrize("id", [*registry.environments(), *registry.agents()])
def test_every_id_can_be_listed(id):
    code = registry.environment(id).rules if "/" in id else registry.agent(id).build
    assert all(row["name"] and row["type"] for row in settings_rows(code, {}))
