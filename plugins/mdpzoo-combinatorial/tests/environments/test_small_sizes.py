"""The checkers of Gymnasium and SB3 pass at every small size, whatever they draw."""

import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_for_sb3

import mdpzoo

SIZES = {  # the setting and the least of it that leaves a choice
    "mdpzoo/TSP-v0": ("num_nodes", 2),
    "mdpzoo/ATSP-v0": ("num_nodes", 2),
    "mdpzoo/CVRP-v0": ("num_customers", 1),
    "mdpzoo/OP-v0": ("num_customers", 1),
    "mdpzoo/Knapsack-v0": ("num_items", 1),
}


@pytest.mark.parametrize("form", ["direct", "bq"])
@pytest.mark.parametrize("id", SIZES)
def test_both_checkers_pass_at_every_small_size(id, form):
    setting, least = SIZES[id]
    for size in range(least, 9):
        for _ in range(3):  # what they draw differs each time
            env = mdpzoo.make(id, form=form, **{setting: size})
            check_env(env.unwrapped, skip_render_check=True)
            check_for_sb3(env, warn=False)
