"""Every value of the reference file's part on strategies, to 1e-8."""

from types import SimpleNamespace

import pytest
import torch

from mdpzoo_token.losses.token_values import covariances, entropies, logp_of, mean_valid, ratio_of, turn_means
from mdpzoo_token.rollouts.branching import branch_probability, global_samples
from mdpzoo_token.strategies import (
    agentic_aepo,
    arbitrary_aepo,
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

TOLERANCE = {"rtol": 0, "atol": 1e-8}


@pytest.fixture(scope="module")
def control(references):
    return references["control"]


@pytest.fixture(scope="module")
def values(control):
    return control["values"]


@pytest.fixture
def given(control):
    """The batch of the file: arguments of a token loss, with gradients for the logits and the log-probabilities."""
    part = control["batch"]
    tokens, mask = torch.tensor(part["tokens"]), torch.tensor(part["mask"], dtype=torch.bool)
    logits = torch.tensor(part["logits"], dtype=torch.float64, requires_grad=True)
    old = torch.tensor(part["old_logits"], dtype=torch.float64)
    turns = (torch.arange(tokens.shape[1]) // control["turn_length"]).expand_as(tokens)
    batch = SimpleNamespace(tokens=tokens, mask=mask, old_logits=old, turns=turns)
    advantages = torch.tensor(part["sequence_advantages"], dtype=torch.float64)
    logp = logp_of(logits, tokens, mask).detach().requires_grad_()
    return SimpleNamespace(
        batch=batch, advantages=advantages, logits=logits, logp=logp, old_logp=logp_of(old, tokens, mask)
    )


def near(found, expected):
    expected = torch.as_tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(torch.as_tensor(found, dtype=torch.float64).detach(), expected, **TOLERANCE)


def losses(module, given, **settings):
    return module.token_loss(given.advantages, given.logp, given.old_logp, given.logits, given.batch, **settings)


def check_loss(module, given, expected, **settings):
    found = losses(module, given, **settings)
    near(found, expected["token_loss"])
    near(mean_valid(found, given.batch.mask), expected["mean"])
    near(torch.autograd.grad(found.sum(), given.logp)[0], expected["grad_logp"])


def test_log_probabilities_ratios_entropies_and_covariances_are_those_of_the_file(given, values):
    mask = given.batch.mask
    near(given.logp, values["logp"])
    near(given.old_logp, values["old_logp"])
    near(ratio_of(given.logp, given.old_logp, mask) * mask, values["ratio"])
    near(entropies(given.logits) * mask, values["entropy"])
    near(entropies(given.batch.old_logits) * mask, values["old_entropy"])
    near(covariances(given.advantages, given.logp, mask), values["cov"])
    assert int(mask.sum()) == values["valid_tokens"]


@pytest.mark.parametrize(
    ("module", "name", "settings"),
    [
        (grpo, "grpo", {}),
        (clip_higher, "clip_higher", {}),
        (kl_cov, "kl_cov_0.2", {}),  # one token of 22
        (kl_cov, "kl_cov_20", {"percent": 20}),
        (clip_cov, "clip_cov", {"lower": 0.1, "upper": 1.0, "clip": (0.2, 0.2), "fraction": 1.0}),
        (lp_reg, "lp_reg", {"kappa": 0.2, "rho": 0.6}),
        (agentic_aepo, "agentic_aepo", {}),
    ],
)
def test_losses_and_their_gradients_are_those_of_the_file(given, values, module, name, settings):
    check_loss(module, given, values[name], **settings)


def test_the_penalty_of_kl_cov_has_no_gradient_on_the_first_minibatch(given, values):
    old = given.logp.detach()
    loss = kl_cov.token_loss(given.advantages, given.logp, old, given.logits, given.batch, percent=100)
    plain = kl_cov.token_loss(given.advantages, given.logp, old, given.logits, given.batch, coef=0)
    gradients = [torch.autograd.grad(each.sum(), given.logp)[0] for each in (loss, plain)]
    near(gradients[0] - gradients[1], values["kl_cov_penalty_grad_at_ratio_1"] * torch.ones_like(old))


def test_proxy_and_protected_tokens_of_lp_reg_are_those_of_the_file(given, values):
    expected, batch = values["lp_reg"], given.batch
    proxy = lp_reg.proxy_logp(batch.old_logits, batch.tokens, expected["kappa"])
    for row, line in enumerate(expected["proxy_logp"]):
        for position, value in enumerate(line):
            if batch.mask[row, position]:
                near(proxy[row, position], lp_reg.DROPPED if value is None else value)
    held = lp_reg.protected_tokens(
        given.advantages, given.logp, batch.old_logits, batch.tokens, batch.mask, expected["kappa"], expected["rho"]
    )
    assert held.nonzero().tolist() == expected["protected"]


def test_steer_weights_are_those_of_the_file(given, values):
    expected, mask = values["steer"], given.batch.mask
    change = steer.entropy_change(given.advantages, given.logp, given.old_logp, given.logits, mask)
    near(change, expected["omega"])
    for name, settings in (
        ("exp_0.8", {"w_min": 0.8}),
        ("exp_0.2", {"w_min": 0.2}),
        ("linear_0.8_1.2", {"form": "linear"}),
    ):
        near(steer.weights(change, mask, **settings) * mask, expected[name])


def test_the_bonus_and_its_gradient_are_those_of_the_file(given, values):
    expected = values["bonus"]
    loss = bonus.regulariser(given.logits, given.logp, given.advantages, given.batch, c=expected["c"])
    near(loss, expected["loss"])
    gradient = torch.autograd.grad(loss, given.logits)[0]
    near(gradient[0, 0], expected["grad_logits_position_0_0"])
    near(gradient.norm(), expected["grad_logits_l2"])


def test_epo_penalties_are_those_of_the_file(given, values, references):
    expected, mask = values["epo"], given.batch.mask
    entropy = entropies(given.logits)
    history = epo.by_position(expected["history_by_turn"], given.batch.turns, entropy)
    indicator = epo.penalties(entropy, history)
    near(indicator * mask, expected["indicator_penalty"])
    near(mean_valid(indicator, mask), expected["indicator_mean"])
    assert indicator.requires_grad == expected["indicator_requires_grad"]
    hinge = epo.penalties(entropy, history, "hinge", alpha=1.0)
    near(hinge * mask, expected["hinge"])
    mean = mean_valid(hinge, mask)
    near(mean, expected["hinge_mean"])
    near(torch.autograd.grad(mean, given.logits)[0].norm(), expected["hinge_grad_logits_l2"])
    for epoch, weight in references["epo_weight"]:
        near(epo.phase_weight(epoch), weight)


@pytest.mark.parametrize(("name", "crossing"), [("with_crossing_token", True), ("without_crossing_token", False)])
def test_siren_is_that_of_the_file(given, values, name, crossing):
    expected, mask = values["siren"][name], given.batch.mask
    near(siren.nucleus(given.logits, 0.8, crossing).sum(-1)[mask], torch.tensor(expected["set_size"])[mask])
    entropy = siren.nucleus_entropies(given.logits, 0.8, crossing)
    near(entropy * mask, expected["entropy"])
    assert siren.peaks(entropy, mask).nonzero().tolist() == expected["peak_positions"]
    near(siren.peak_entropy(given.logits, mask, crossing=crossing), expected["aggregate"])
    loss = siren.regulariser(given.logits, given.logp, given.advantages, given.batch, crossing=crossing)
    near(loss, expected["loss"])
    gradient = torch.autograd.grad(loss, given.logits)[0]
    near(gradient.norm(), expected["grad_logits_l2"])
    row, position = expected["peak_positions"][0]
    near(gradient[row, position], expected["grad_first_peak"])


def test_empg_is_that_of_the_file(given, values):
    expected, batch = values["empg"], given.batch
    means, there = turn_means(entropies(batch.old_logits), batch.mask, batch.turns)
    g, f = empg.scales(means, there)
    assert there.nonzero().tolist() == expected["steps"]
    near(means[there], expected["turn_entropy"])
    near(g[there], expected["g"])
    near(f[there], expected["f"])
    near(empg.modulated(given.advantages, batch)[0][there], expected["advantages"])


def test_agentic_clipping_keeps_the_gradient_of_the_file(references):
    part = references["agentic_clip"]
    ratios = torch.tensor(part["ratios"], dtype=torch.float64)
    mask = torch.ones(1, len(ratios), dtype=torch.bool)
    old = torch.full((1, len(ratios)), -9.0, dtype=torch.float64)
    for sign, name in ((1.0, "stopgrad_positive"), (-1.0, "negative_both")):
        logp = (old + ratios.log()).requires_grad_()
        advantages = torch.full((1,), sign, dtype=torch.float64)
        loss = agentic_aepo.gradient_keeping(advantages, logp, old, mask, (0.2, 0.2), part["dual_clip"])
        gradient = torch.autograd.grad(loss.sum(), logp)[0]
        near(-sign * gradient[0], part[name])


def test_agentic_advantages_are_those_of_the_file(given, values):
    expected = values["agentic_aepo"]
    near(
        agentic_aepo.scaled_advantages(given.advantages, given.logits, given.batch.mask, expected["alpha"]),
        expected["advantages"],
    )


def test_the_branching_rule_is_that_of_the_file(references):
    part = references["agentic_rollout"]
    for difference, count in part["root_minus_tool_and_global"]:
        assert global_samples(part["n"], difference, 0.0) == count
    for each in part["branch_probability"]:
        near(branch_probability(each["delta"], each["consecutive"]), each["p"])


def test_exact_entropy_changes_of_a_bandit_are_those_of_the_file(references):
    for part in references["bandit"]:
        logits = torch.tensor(part["pi"], dtype=torch.float64).log().requires_grad_()
        entropy = entropies(logits)
        near(entropy, part["entropy"])
        slope = torch.autograd.grad(entropy, logits)[0]
        near(slope, part["dH_dz"])
        chances, payoffs = torch.tensor(part["pi"], dtype=torch.float64), torch.tensor(part["A"], dtype=torch.float64)
        near(slope @ payoffs, part["dH_npg"])
        near(slope @ (chances * (payoffs - chances @ payoffs)), part["dH_pg"])
        shape = (4, 1)
        many, mask = logits.detach().expand(4, 1, 4), torch.ones(shape, dtype=torch.bool)
        logp = chances.log()[:, None]
        one = torch.ones(4, dtype=torch.float64)
        near(-steer.exact_entropy_change(one, logp, logp, many, mask)[:, 0], part["dH_one_sample_per_unit_A"])
        near(steer.entropy_change(one, logp, logp, many, mask)[:, 0], part["steer_omega_per_unit_A"])
        for temperature in (1.2, 0.8):
            near((logits / temperature).softmax(-1), part[f"tempered_pi_{temperature}"])
            near(arbitrary_aepo.tempered_change(logits, temperature), part[f"dH_tempered_{temperature}"])
