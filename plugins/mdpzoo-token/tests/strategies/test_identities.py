"""Identities between strategies, gradients by finite differences, and masked tokens that change nothing."""

from types import SimpleNamespace

import pytest
import torch

from mdpzoo_token.losses import surrogates
from mdpzoo_token.losses.token_values import logp_of
from mdpzoo_token.strategies import (
    adaptive,
    agentic_aepo,
    bonus,
    clip_cov,
    clip_higher,
    empg,
    epo,
    grpo,
    kl_cov,
    lp_reg,
    siren,
    steer,
)

LOSSES = {
    "grpo": (grpo, {}),
    "clip-higher": (clip_higher, {}),
    "clip-cov": (clip_cov, {"lower": -1.0, "fraction": 0.2}),
    "kl-cov": (kl_cov, {"percent": 30}),
    "steer": (steer, {}),
    "steer linear": (steer, {"form": "linear", "estimate": "exact"}),
    "lp-reg": (lp_reg, {"rho": 0.7, "kappa": 0.1}),
    "empg": (empg, {}),
    "agentic-aepo": (agentic_aepo, {}),
}
TERMS = {
    "bonus": (bonus, {}),
    "adaptive": (adaptive, {"c": 0.2}),
    "siren": (siren, {"anchor": 0.4, "beta": 0.5}),
    "epo": (epo, {"history_by_turn": [1.5, 1.0], "c": 0.1}),
    "epo hinge": (epo, {"history_by_turn": [1.5, 1.0], "c": 0.1, "penalty": "hinge"}),
}


def random_batch(seed=0, rows=5, length=6, vocabulary=7):
    """A batch in which the last row has two masked positions."""
    generator = torch.Generator().manual_seed(seed)
    shape = (rows, length, vocabulary)
    logits = 1.5 * torch.randn(shape, generator=generator, dtype=torch.float64)
    old = logits + 0.3 * torch.randn(shape, generator=generator, dtype=torch.float64)
    tokens = torch.randint(vocabulary, shape[:2], generator=generator)
    mask = torch.ones(rows, length, dtype=torch.bool)
    mask[-1, -2:] = False
    turns = (torch.arange(length) // 3).expand(rows, length)
    batch = SimpleNamespace(tokens=tokens, mask=mask, turns=turns, old_logits=old)
    return batch, torch.randn(rows, generator=generator, dtype=torch.float64), logits


def loss_of(name, batch, advantages, logits):
    module, settings = LOSSES[name]
    logp, old = logp_of(logits, batch.tokens, batch.mask), logp_of(batch.old_logits, batch.tokens, batch.mask)
    return module.token_loss(advantages, logp, old, logits, batch, **settings)


def term_of(name, batch, advantages, logits):
    module, settings = TERMS[name]
    return module.regulariser(logits, logp_of(logits, batch.tokens, batch.mask), advantages, batch, **settings)


def test_kl_cov_with_one_minibatch_has_the_gradient_of_grpo():
    batch, advantages, logits = random_batch()
    batch.old_logits = logits
    gradients = []
    for name in ("grpo", "kl-cov"):
        leaf = logits.clone().requires_grad_()
        gradients.append(torch.autograd.grad(loss_of(name, batch, advantages, leaf).sum(), leaf)[0])
    assert torch.equal(gradients[0], gradients[1])


def test_the_released_penalty_of_epo_leaves_the_gradient_of_the_bonus():
    batch, advantages, logits = random_batch()
    leaf = logits.clone().requires_grad_()
    gradient = torch.autograd.grad(term_of("epo", batch, advantages, leaf), leaf)[0]
    plain = torch.autograd.grad(bonus.regulariser(leaf, None, None, batch, c=0.1), leaf)[0]
    assert torch.equal(gradient, plain)
    hinge = torch.autograd.grad(term_of("epo hinge", batch, advantages, leaf), leaf)[0]
    assert not torch.allclose(hinge, plain)


@pytest.mark.parametrize("estimate", ["released", "exact"])
def test_steer_with_w_min_1_is_its_base_loss(estimate):
    batch, advantages, logits = random_batch()
    logp, old = logp_of(logits, batch.tokens, batch.mask), logp_of(batch.old_logits, batch.tokens, batch.mask)
    base = surrogates.dual_clipped(advantages, logp, old, batch.mask, (0.2, 0.28), 10.0)
    assert torch.equal(steer.token_loss(advantages, logp, old, logits, batch, w_min=1.0, estimate=estimate), base)


def test_empg_scales_have_mean_1_and_its_advantages_mean_0():
    batch, advantages, _ = random_batch()
    value, there = empg.modulated(advantages, batch)
    means, _ = empg.turn_means(batch.old_logits.mean(-1), batch.mask, batch.turns)
    g, _ = empg.scales(means, there)
    assert float(g[there].mean()) == pytest.approx(1, abs=1e-12)
    assert float(value[there].mean()) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", [*LOSSES, *TERMS])
def test_masked_tokens_change_nothing(name):
    batch, advantages, logits = random_batch()
    function = loss_of if name in LOSSES else term_of
    expected = function(name, batch, advantages, logits)
    hidden = ~batch.mask
    other = SimpleNamespace(**vars(batch))
    other.tokens = batch.tokens.masked_fill(hidden, 3)
    other.old_logits = batch.old_logits.masked_fill(hidden[..., None], 2.5)
    changed = torch.where(hidden[..., None], -logits, logits)
    found = function(name, other, advantages, changed)
    assert torch.equal(found, expected)
    if name in LOSSES:
        assert (found[hidden] == 0).all()


@pytest.mark.parametrize("name", [*LOSSES, *TERMS])
def test_gradients_agree_with_finite_differences(name):
    batch, advantages, logits = random_batch(seed=3)
    frozen = name in ("agentic-aepo", "steer", "steer linear")  # parts of these are constants of the gradient
    if frozen:
        module, settings = LOSSES[name]
        old = logp_of(batch.old_logits, batch.tokens, batch.mask)
        if name == "agentic-aepo":
            weight = agentic_aepo.scaled_advantages(advantages, logits, batch.mask)
            settings = {}

            def value(each):
                logp = logp_of(each, batch.tokens, batch.mask)
                return agentic_aepo.gradient_keeping(weight, logp, old, batch.mask, (9.0, 9.0), 10.0).sum()
        else:
            logp = logp_of(logits, batch.tokens, batch.mask)
            measure = steer.exact_entropy_change if "linear" in name else steer.entropy_change
            change = measure(advantages, logp, old, logits, batch.mask)
            weight = steer.weights(change, batch.mask, settings.get("form", "exp"))

            def value(each):
                logp = logp_of(each, batch.tokens, batch.mask)
                base = surrogates.dual_clipped(advantages, logp, old, batch.mask, (0.2, 0.28), 10.0)
                return (weight * base).sum()

            leaf = logits.clone().requires_grad_()
            own = torch.autograd.grad(loss_of(name, batch, advantages, leaf).sum(), leaf)[0]
            assert torch.allclose(own, torch.autograd.grad(value(leaf), leaf)[0], rtol=0, atol=1e-12)
    else:
        function = loss_of if name in LOSSES else term_of

        def value(each):
            return function(name, batch, advantages, each).sum()

    direction = torch.randn(logits.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    leaf = logits.clone().requires_grad_()
    slope = (torch.autograd.grad(value(leaf), leaf)[0] * direction).sum()
    step = 1e-6
    measured = (value(logits + step * direction) - value(logits - step * direction)) / (2 * step)
    assert float(measured) == pytest.approx(float(slope), abs=1e-6)
