import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from mdpzoo.errors import SettingError
from mdpzoo_latent import latent_of

GRAVITIES = [{"gravity": 5.0}, {"gravity": 9.8}, {"gravity": 20.0}]


def contexts_of(env, episodes, seed=0):
    env.reset(seed=seed)
    return [env.reset()[1]["context"] for _ in range(episodes)]


def test_contexts_are_drawn_with_their_weights():
    env = latent_of("CartPole-v1", GRAVITIES, weights=[0.5, 0.3, 0.2], reveal="always")
    shares = np.bincount(contexts_of(env, 2_000)) / 2_000
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.04)


def test_a_context_decides_the_physics():
    env = latent_of("CartPole-v1", GRAVITIES, reveal="always")
    for seed in range(10):
        first, info = env.reset(seed=seed)
        plain = gymnasium.make("CartPole-v1").unwrapped
        plain.gravity = GRAVITIES[info["context"]]["gravity"]
        plain.reset(seed=0)
        plain.state = np.array(first, np.float64)
        np.testing.assert_allclose(env.step(1)[0], plain.step(1)[0], rtol=1e-5)


def test_one_seed_gives_one_sequence_of_episodes():
    runs = []
    for _ in range(2):
        env = latent_of("CartPole-v1", GRAVITIES)
        env.reset(seed=4)
        runs.append([env.reset()[0].tolist() for _ in range(5)])
    assert runs[0] == runs[1]


@pytest.mark.parametrize(("reveal", "told"), [("never", {False}), ("always", {True})])
def test_the_context_is_told_as_asked_for(reveal, told):
    env = latent_of("CartPole-v1", GRAVITIES, reveal=reveal)
    infos = [env.reset(seed=0)[1], *(env.step(0)[4] for _ in range(5))]
    assert {"context" in info for info in infos} == told
    assert "gravity" not in repr(env)


def test_the_last_info_alone_tells_the_context_at_the_end():
    env = latent_of("CartPole-v1", GRAVITIES, reveal="end")
    env.reset(seed=0)
    ended = False
    while not ended:
        _, _, terminated, truncated, info = env.step(0)
        ended = terminated or truncated
        assert ("context" in info) == ended


def test_keyword_arguments_and_functions_are_contexts():
    slippery = latent_of("FrozenLake-v1", [{"is_slippery": True}, {"is_slippery": False}])
    check_env(slippery, skip_render_check=True)
    made = latent_of("CartPole-v1", [lambda: gymnasium.make("CartPole-v1")] * 2)
    assert made.reset(seed=0)[0].shape == (4,)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: latent_of("CartPole-v1", []), "at least one mapping"),
        (lambda: latent_of("CartPole-v1", [{"gravty": 3.0}]), "has no setting gravty"),
        (lambda: latent_of("CartPole-v1", GRAVITIES, weights=[1.0]), "one positive weight a context"),
        (lambda: latent_of("CartPole-v1", GRAVITIES, reveal="evr"), "unknown reveal"),
        (lambda: latent_of("FrozenLake-v1", [{"map_name": "4x4"}, {"map_name": "8x8"}]), "of context 1 differ"),
    ],
)
def test_contexts_that_cannot_be_are_refused_in_one_sentence(build, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)
