"""What each strategy does beyond its formula: choices, memories, controllers, replaced rows."""

import json
import math
from types import SimpleNamespace

import pytest
import torch

from mdpzoo_token.environments.sum_target import SumTarget
from mdpzoo_token.hooks.finding import make_strategy
from mdpzoo_token.hooks.strategy import UpdateState
from mdpzoo_token.losses.token_values import entropies, logp_of, mean_valid
from mdpzoo_token.policies.recurrent_network import Layout, TokenNetwork
from mdpzoo_token.rollouts.batches import group_advantages
from mdpzoo_token.rollouts.writing import Player
from mdpzoo_token.strategies import adaptive, arbitrary_aepo, clip_cov, epo, kl_cov, lp_reg, siren, steer


@pytest.fixture
def given():
    """Six sequences of five tokens, all valid, and the arguments of a token loss."""
    generator = torch.Generator().manual_seed(1)
    logits = 1.5 * torch.randn(6, 5, 8, generator=generator, dtype=torch.float64)
    old = logits + 0.3 * torch.randn(6, 5, 8, generator=generator, dtype=torch.float64)
    tokens = torch.randint(8, (6, 5), generator=generator)
    mask = torch.ones(6, 5, dtype=torch.bool)
    batch = SimpleNamespace(tokens=tokens, mask=mask, turns=torch.arange(5).expand(6, 5) // 2, old_logits=old)
    advantages = torch.randn(6, generator=generator, dtype=torch.float64)
    return advantages, logp_of(logits, tokens, mask), logp_of(old, tokens, mask), logits, batch


@pytest.fixture
def player():
    task = SumTarget(length=2, turn_length=1, vocabulary=11)
    network = TokenNetwork(Layout(task.vocabulary, task.length, task.context_sizes), width=4, hidden=8)
    generator = torch.Generator().manual_seed(0)
    network.draw_weights(generator)
    return Player(task, network, generator)


def written(player, prompts=8, samples=8):
    groups = torch.arange(prompts).repeat_interleave(samples)
    return player.write(player.task.prompts[groups], groups)


def state_of(player, batch, update=0, sampled=None):
    entropy = float(mean_valid(entropies(batch.old_logits), batch.mask))
    return UpdateState(update, 0, entropy, sampled, int(batch.mask.sum()), batch, player.generator)


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.5])
def test_clip_cov_silences_the_stated_fraction_and_no_other_token(given, fraction):
    loud = clip_cov.token_loss(*given, fraction=0.0, lower=1e9)
    generator = torch.Generator().manual_seed(0)
    quiet = clip_cov.token_loss(*given, fraction=fraction, lower=-1e9, upper=1e9, generator=generator)
    changed = quiet != loud
    assert int(changed.sum()) == max(1, int(fraction * 30))
    assert (quiet[changed] == 0).all()


def test_the_choice_of_clip_cov_follows_its_generator(given):
    def chosen(seed):
        generator = torch.Generator().manual_seed(seed)
        return clip_cov.token_loss(*given, fraction=0.2, lower=-1e9, upper=1e9, generator=generator)

    assert torch.equal(chosen(0), chosen(0))
    assert not torch.equal(chosen(0), chosen(1))


@pytest.mark.parametrize(("percent", "count"), [(0.1, 1), (10, 3), (100, 30), (500, 30)])
def test_kl_cov_penalises_the_stated_percentage(given, percent, count):
    plain, penalised = (kl_cov.token_loss(*given, percent=percent, coef=coef) for coef in (0.0, 1.0))
    assert int((penalised != plain).sum()) == count
    assert (penalised >= plain).all()


def test_kl_cov_never_clips():
    mask = torch.ones(1, 1, dtype=torch.bool)
    old = torch.full((1, 1), -9.0)
    found = kl_cov.token_loss(torch.ones(1), old + math.log(50), old, None, SimpleNamespace(mask=mask), coef=0.0)
    assert float(found) == pytest.approx(-50, rel=1e-5)


@pytest.mark.parametrize("form", ["exp", "linear"])
def test_steer_weighs_the_largest_change_least(given, form):
    change = steer.entropy_change(*given[:4], given[4].mask)
    weights = steer.weights(change, given[4].mask, form)
    assert float(weights.flatten()[change.abs().argmax()]) == pytest.approx(0.8)
    order = change.abs().flatten().argsort()
    falling = weights.flatten()[order].diff()
    assert (falling <= 1e-12).all()


def test_the_exact_change_of_steer_is_what_a_small_step_on_one_token_does(given):
    advantages, logp, old_logp, logits, batch = given
    exact = steer.exact_entropy_change(advantages, logp, old_logp, logits, batch.mask)
    step = 1e-6
    for row, position in ((0, 0), (2, 3), (5, 4)):
        leaf = logits[row, position].clone().requires_grad_()
        ratio = (leaf.log_softmax(-1)[batch.tokens[row, position]] - old_logp[row, position]).exp()
        gradient = torch.autograd.grad(-advantages[row] * ratio, leaf)[0]
        moved = float(entropies(leaf.detach() - step * gradient) - entropies(leaf.detach())) / step
        assert -moved == pytest.approx(float(exact[row, position]), abs=1e-5)


def test_lp_reg_is_off_where_fewer_than_two_tokens_are_looked_at(given):
    off = lp_reg.token_loss(*given, rho=0.01)
    plain = lp_reg.token_loss(*given, rho=0.9, beta=0.0, kappa=1e-9)
    assert torch.equal(off, lp_reg.token_loss(*given, rho=0.01, beta=99.0))
    assert off.shape == plain.shape


def test_lp_reg_pulls_a_rare_token_up_and_leaves_junk_alone():
    old = torch.tensor([[[0.0, -1.0, -9.0]] * 4], dtype=torch.float64)  # token 2 is junk
    logits = torch.tensor([[[0.0, -3.0, -9.0]] * 4], dtype=torch.float64)
    mask = torch.ones(1, 4, dtype=torch.bool)
    for token, pulled in ((1, True), (2, False)):
        tokens = torch.full((1, 4), token)
        held = lp_reg.protected_tokens(
            torch.tensor([-1.0]), logp_of(logits, tokens, mask), old, tokens, mask, kappa=0.02, rho=1.0
        )
        assert bool(held.all()) == pulled
        assert bool(held.any()) == pulled


@pytest.mark.parametrize(
    ("logits", "crossing", "size"),
    [
        ([0.9, 0.05, 0.05], True, 1),  # the token that crosses .8 is the whole nucleus
        ([0.9, 0.05, 0.05], False, 0),  # without it nothing is left, and no gradient
        ([0.5, 0.3, 0.2], True, 2),
        ([0.4, 0.35, 0.25], False, 2),
    ],
)
def test_both_readings_of_the_nucleus(logits, crossing, size):
    logits = torch.tensor([[logits]], dtype=torch.float64).log().requires_grad_()
    assert int(siren.nucleus(logits, 0.8, crossing).sum()) == size
    entropy = siren.nucleus_entropies(logits, 0.8, crossing)
    assert torch.isfinite(torch.autograd.grad(entropy.sum(), logits)[0]).all()
    assert (float(entropy.detach()) == 0) == (size < 2)


def test_a_tie_at_the_quantile_is_decided_by_strict():
    entropy = torch.tensor([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]], dtype=torch.float64)  # .8 of 5 steps: the entry .5
    mask = torch.ones(1, 6, dtype=torch.bool)
    assert siren.peaks(entropy, mask, strict=False)[0].sum() == 2
    assert siren.peaks(entropy, mask, strict=True)[0].sum() == 1


def test_siren_holds_the_entropy_of_the_first_batch(player):
    strategy = make_strategy("siren", {"beta": 1.0})
    first = written(player)
    strategy.begin(state_of(player, first))
    assert float(strategy.regulariser(first.old_logits, None, None, first)) == pytest.approx(0, abs=1e-9)
    sharper = 4 * first.old_logits
    assert float(strategy.regulariser(sharper, None, None, first)) > 0.01
    memory = json.loads(json.dumps(strategy.memory()))
    strategy.begin(state_of(player, written(player), update=1))
    assert strategy.memory() == memory


def test_the_weight_of_epos_penalty_falls():
    weights = [epo.phase_weight(epoch) for epoch in range(151)]
    assert weights == sorted(weights, reverse=True)
    assert (weights[0], weights[75], weights[150]) == pytest.approx((1, 0.827067, 0.039830), abs=1e-6)


def test_epo_remembers_the_mean_entropy_of_each_turn_over_past_epochs(player):
    strategy, means = make_strategy("epo"), []
    for update in range(3):
        batch = written(player)
        strategy.begin(state_of(player, batch, update))
        entropy = entropies(batch.old_logits)
        means.append([float(entropy[:, turn].mean()) for turn in range(2)])
    past = strategy.memory()["past"]  # of the two epochs before the present one
    for turn in range(2):
        assert past[turn][0] / past[turn][1] == pytest.approx((means[0][turn] + means[1][turn]) / 2, abs=1e-5)
    other = make_strategy("epo")
    other.restore(json.loads(json.dumps(strategy.memory())))
    assert other.memory() == strategy.memory()


def test_epo_has_no_penalty_in_its_first_epoch(player):
    strategy, batch = make_strategy("epo", {"c": 0.5}), written(player)
    strategy.begin(state_of(player, batch))
    plain = make_strategy("bonus", {"c": 0.5})
    found = [each.regulariser(batch.old_logits, None, None, batch) for each in (strategy, plain)]
    assert float(found[0]) == float(found[1])


@pytest.mark.parametrize(
    ("c", "entropy", "after"),
    [
        (0.01, 0.5, 0.0115),  # too sure: more bonus
        (0.01, 1.5, 0.0085),  # too random: less
        (0.001, 2.0, 0.0),  # never below 0
    ],
)
def test_the_controller_moves_towards_its_target(c, entropy, after):
    assert adaptive.next_coefficient(c, entropy, target=1.0) == pytest.approx(after)


@pytest.mark.parametrize(("every", "moves"), [("step", [0, 1, 2]), ("update", [1, 1, 1])])
def test_the_controller_moves_with_steps_or_with_updates(player, every, moves):
    strategy, batch = make_strategy("adaptive", {"target": 9.0, "every": every}), written(player)
    strategy.begin(state_of(player, batch))
    found = [strategy.memory()["coefficient"]]
    for _ in range(2):
        strategy.regulariser(batch.old_logits, None, None, batch)
        found.append(strategy.memory()["coefficient"])
    entropy = float(mean_valid(entropies(batch.old_logits), batch.mask))
    assert found == pytest.approx([0.003 * (9 - entropy) * count for count in moves])


def test_the_first_order_change_of_training_on_tempered_samples():
    logits = torch.tensor([1.0, 0.3, -0.5, -1.0], dtype=torch.float64)
    logp = logits.log_softmax(-1)
    second = float((logp.exp() ** 2 * (logp + entropies(logits)) ** 2).sum())
    for temperature in (0.999, 1.001):
        found = float(arbitrary_aepo.tempered_change(logits, temperature))
        assert found == pytest.approx((temperature - 1) * second, rel=5e-3)


@pytest.mark.parametrize(("entropy", "halved"), [(0.1, False), (9.0, True)])
def test_aepo_replaces_the_first_rows_by_good_samples(player, entropy, halved):
    strategy = make_strategy("arbitrary-aepo", {"target": 1.0, "share": 0.25})
    batch = written(player)
    advantages = group_advantages(batch.rewards, batch.groups)
    strategy.begin(state_of(player, batch, 1, entropy))
    changed, given = strategy.extra_rollouts(player, batch, advantages)
    count = int((given != advantages).sum())
    rows = torch.arange(len(given)) < count
    assert 0 < count <= (8 if halved else 16)  # a quarter of 64 rows, or half of that
    assert (given[rows] == 1).all()
    assert (changed.rewards[rows] == 1).all()
    assert torch.equal(changed.tokens[~rows], batch.tokens[~rows])
    assert torch.equal(given[~rows], advantages[~rows])


def test_aepo_without_good_samples_leaves_the_batch(player):
    strategy = make_strategy("arbitrary-aepo", {"least_advantage": 1e9})
    batch = written(player)
    strategy.begin(state_of(player, batch))
    advantages = group_advantages(batch.rewards, batch.groups)
    changed, given = strategy.extra_rollouts(player, batch, advantages)
    assert changed is batch
    assert given is advantages
