"""The recipes for other libraries run where their packages are installed; ``make recipes`` runs them all."""

import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import pytest
from packaging.requirements import Requirement

from docs.run_recipes import OWN, PAGE, RECIPES, requirements, shown


def missing(recipe):
    """What a recipe needs and this environment has not, or has in another version."""
    found = []
    for each in map(Requirement, requirements(recipe)):
        try:
            if each.name not in OWN and not each.specifier.contains(version(each.name)):
                found.append(f"{each} (here {version(each.name)})")
        except PackageNotFoundError:
            found.append(str(each))
    return found


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_does_what_it_says(name, tmp_path):
    if needed := missing(RECIPES[name]):
        pytest.skip(f"{name} has an environment of its own, made by make recipes, for {', '.join(needed)}")
    done = subprocess.run(
        [sys.executable, RECIPES[name]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2_000:]


def test_a_recipe_that_needs_only_the_zoos_own_extras_is_not_skipped():
    assert {name for name in RECIPES if not missing(RECIPES[name])} >= {"torch_ppo", "minari_cloning", "optuna_study"}


def test_the_page_shows_every_recipe_as_it_stands():
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- recipe: (\w+) -->", page)) == set(RECIPES)
    assert shown(page, {}) == page


@pytest.mark.parametrize("name", RECIPES)
def test_the_page_says_which_versions_a_recipe_ran_on(name):
    _, _, block = PAGE.read_text(encoding="utf-8").partition(f"<!-- recipe: {name} -->")
    first = block.partition("```text\n")[2].partition("\n")[0]
    pinned = [Requirement(each) for each in requirements(RECIPES[name]) if "==" in each]
    said = dict(each.rsplit(" ", 1) for each in first.split(", "))
    assert [str(each) for each in pinned if not each.specifier.contains(said[each.name])] == []
