"""Every setting of an environment or an agent is listed with its type, its default and what is said of it."""

import pytest

from mdpzoo import registry
from mdpzoo.cli.settings_table import settings_rows


@pytest.mark.parametrize(("id", "name", "type_", "default", "about"), [
    ("mdpzoo/TSP-v0", "form", "Literal['direct', 'bq']", "direct", '``"direct"`` or ``"bq"``.'),
    ("ppo", "n_epochs", "int", 10, "Number of epoch when optimizing the surrogate loss"),  # SB3's words
    ("bq-nco", "imitation.clip", "float", 1.0, "largest norm of the gradient, positive."),  # a record in a record
])  # fmt: skip
def test_a_setting_has_its_row(id, name, type_, default, about):
    spec = registry.environment(id) if "/" in id else registry.agent(id)
    rows = {row["name"]: row for row in settings_rows(spec.rules if "/" in id else spec.build, {})}
    assert rows[name] == {"name": name, "type": type_, "default": default, "about": about}
    assert not {"self", "env"} & rows.keys()


def test_a_setting_that_the_spec_fixes_is_the_default():
    rows = {
        row["name"]: row for row in settings_rows("mdpzoo_combinatorial.environments.tsp:build_tsp", {"form": "bq"})
    }
    assert rows["form"]["default"] == "bq"


@pytest.mark.parametrize("id", [*registry.environments(), *registry.agents()])
def test_every_id_can_be_listed(id):
    code = registry.environment(id).rules if "/" in id else registry.agent(id).build
    assert all(row["name"] and row["type"] for row in settings_rows(code, {}))
