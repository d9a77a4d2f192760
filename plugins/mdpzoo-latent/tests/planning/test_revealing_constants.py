import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_latent import revealing_constant, signpost, tiger
from mdpzoo_latent.environments.revealing_pomdps import balanced_emission, revealing_lock, two_step


@pytest.mark.parametrize("pairs", [1, 2, 4, 8])
@pytest.mark.parametrize("sigma", [0.1, 0.5])
def test_balanced_emissions_reveal_sigma_whatever_the_number_of_symbols(pairs, sigma):
    found = revealing_constant(balanced_emission(pairs, sigma))
    assert found.norm == pytest.approx(1 / sigma)
    assert found.alpha == pytest.approx(sigma)
    assert found.sigma_min == pytest.approx(sigma / np.sqrt(pairs))


def test_listening_for_the_tiger_reveals_and_opening_a_door_does_not():
    assert revealing_constant(tiger()).alpha == pytest.approx(0.7)
    assert revealing_constant(tiger()).action == 0
    assert revealing_constant(tiger(), action=1).norm == np.inf
    assert revealing_constant(tiger(), action=1).alpha == 0


@pytest.mark.parametrize("sigma", [0.2, 0.5])
def test_two_steps_reveal_what_one_does_not(sigma):
    assert revealing_constant(two_step(sigma)).norm == np.inf
    assert revealing_constant(two_step(sigma), steps=2).norm == pytest.approx(1 / sigma)


def test_the_lock_is_revealed_in_the_steps_that_its_mode_says():
    one, multi = revealing_lock("one-step", sigma=0.4), revealing_lock("multi-step", sigma=0.4)
    assert revealing_constant(one).norm == pytest.approx(2.5)
    assert revealing_constant(multi).norm == np.inf
    assert revealing_constant(multi, steps=2).norm == pytest.approx(2.5)


def test_no_difference_reveals_nothing():
    assert revealing_constant(balanced_emission(3, 0.0)).norm == np.inf
    assert revealing_constant(np.ones((1, 2))).norm == np.inf  # fewer symbols than states


def test_a_state_that_is_seen_is_revealed_whole():
    assert revealing_constant(np.eye(4)).alpha == pytest.approx(1)


def test_contexts_of_a_latent_mdp_are_not_revealed_in_one_step_but_in_more():
    assert revealing_constant(signpost()).norm == np.inf
    # from state 0 two actions tell nothing and one does, from a signpost two steps are needed
    assert np.isfinite(revealing_constant(signpost(), steps=3).norm)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: revealing_constant(tiger(), steps=0), "steps must be a whole number of at least 1"),
        (lambda: revealing_constant(tiger(), action=3), r"action must lie in 0..2"),
        (lambda: revealing_constant(np.eye(2), steps=2), "says nothing of further steps"),
        (lambda: revealing_constant("tiger"), "give a TabularPOMDP"),
        (lambda: revealing_constant(np.zeros(3)), r"shape \[O, S\]"),
        (lambda: revealing_constant(tiger(), steps=9), "action and observation sequences"),
    ],
)
def test_what_has_no_constant_is_refused_in_one_sentence(build, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)
