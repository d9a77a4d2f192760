import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_latent import BeliefFilter, draw_beliefs, draw_regret, draw_value, plan, signpost, simulate, tiger
from mdpzoo_latent.environments.random_contexts import latent_random

PNG = b"\x89PNG"


@pytest.mark.parametrize("model", [signpost(penalty=1.0), tiger(), latent_random(contexts=3, states=2)])
def test_values_over_two_and_three_contexts_are_drawn(model, tmp_path):
    draw_value(plan(model, 3, method="alpha"), 0, tmp_path / "value.png")
    assert (tmp_path / "value.png").read_bytes()[:4] == PNG


def test_the_beliefs_of_an_episode_are_drawn(tmp_path):
    seen = BeliefFilter(signpost())
    beliefs = [seen.start(0), seen.update(2, 1), seen.update(0, 0)]
    draw_beliefs(np.array(beliefs), tmp_path / "beliefs.svg", actions=[2, 0], context=0)
    assert "context 1" not in (tmp_path / "beliefs.svg").read_text()[:100]
    assert (tmp_path / "beliefs.svg").stat().st_size > 1_000


@pytest.mark.parametrize("logarithmic", [True, False])
def test_regret_is_drawn(logarithmic, tmp_path):
    results = [simulate(signpost(horizon=3), name, 50, 2) for name in ("l-ucrl", "ucbvi")]
    draw_regret(results, tmp_path / "regret.png", logarithmic)
    assert (tmp_path / "regret.png").read_bytes()[:4] == PNG


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: draw_value(plan(signpost(), 3), 0, "x.png"), "plan with method='alpha'"),
        (lambda: draw_value(plan(signpost(), 3, method="alpha"), 3, "x.png"), "no state 3 with 3 steps"),
        (lambda: draw_value(plan(latent_random(contexts=4), 2, method="alpha"), 0, "x.png"), "this model has 4"),
        (lambda: draw_beliefs(np.array([[0.5, 0.6]]), "x.png"), "must be probabilities"),
        (lambda: draw_regret([], "x.png"), "at least one"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(build, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)
