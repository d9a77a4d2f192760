"""What learners of games keep besides their file, so that a run resumes between any two steps."""

import numpy as np
import pytest

import mdpzoo
from mdpzoo.experiments import exact_state
from mdpzoo.loading import load_agent

CART, LQ = "mdpzoo/AdversarialCartPole-v0", "mdpzoo/AdversarialLQ-v0"
QUICK = {"learning_starts": 10, "batch_size": 8, "buffer_size": 30, "policy_kwargs": {"net_arch": [8]}}
TEACHER = {"episodes_per_update": 2}


def game(id):
    return mdpzoo.make_parallel(id, max_cycles=6)


def make(id="qarl", env=LQ, **settings):
    return mdpzoo.make_agent(id, game(env), **{"seed": 0, "sac": QUICK, "episodes": 2, **settings})


def everything(agent):
    """All that decides how an agent goes on: its networks, and what is captured of it."""
    networks = {
        f"{part}.{name}": value.tolist()
        for part, values in agent.get_parameters().items()
        if part.endswith("policy")
        for name, value in values.items()
    }
    return networks, repr(exact_state.capture(agent, agent._game))


@pytest.mark.parametrize(
    ("id", "env", "settings"),
    [
        ("qarl", LQ, {"teacher": TEACHER}),  # temperatures are drawn, shown, and recorded
        ("qarl", LQ, {"variant": "force", "teacher": TEACHER}),  # the adversary uses a part of its force
        ("rarl", CART, {}),  # a game that is compiled, in batches of one
        ("maximin", LQ, {"pool": 3}),  # opponents of earlier turns
        ("unopposed-sac", LQ, {}),  # nobody to freeze
    ],
)
@pytest.mark.parametrize("steps", [16, 57])  # in the adversary's turn before it learns; after several turns
def test_an_agent_that_is_loaded_with_its_state_goes_on_to_the_bit(id, env, settings, steps, tmp_path):
    agent = make(id, env, **settings).learn(steps)
    agent.save(tmp_path / "agent")
    exact_state.write_state(tmp_path, tmp_path / "agent.zip", exact_state.capture(agent, agent._game))
    agent.learn(40, reset_num_timesteps=False)
    found = game(env)
    other = load_agent(tmp_path / "agent.zip", found)
    exact_state.restore(other, found, exact_state.read_state(tmp_path, tmp_path / "agent.zip"))
    other.learn(40, reset_num_timesteps=False)
    assert everything(other) == everything(agent)


def test_evaluations_on_the_way_draw_the_same_seeds_after_resuming():
    agent, other = make(), make()
    for _ in range(3):
        agent.policy_of("protagonist")
    agent.learn(8)
    other.learn(8)
    exact_state.restore(other, other._game, exact_state.capture(agent, agent._game))
    drawn = [each.policy_of("protagonist").predict(np.zeros((4, 2), np.float32))[0].tolist() for each in (agent, other)]
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("settings", "exact"),
    [
        ({}, True),
        ({"use_sde": True}, False),  # its noise is drawn before a step is announced
        ({"optimize_memory_usage": True, "replay_buffer_kwargs": {"handle_timeout_termination": False}}, False),
    ],
)
def test_an_agent_says_whether_its_run_resumes_to_the_bit(settings, exact):
    agent = make(sac=QUICK | settings)
    assert agent.resumes_exactly == exact
    assert exact_state.is_exact(agent, agent._game) == exact


def test_a_state_of_another_game_does_not_fit():
    agent, other = make().learn(8), make(env=CART).learn(8)
    with pytest.raises(mdpzoo.errors.CheckpointError, match="does not fit its run"):
        exact_state.restore(other, other._game, exact_state.capture(agent, agent._game))
