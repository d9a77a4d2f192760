"""One update: the order of the hooks, what each of them is given, and what the network's weights do."""

from dataclasses import dataclass, field

import pytest
import torch

from mdpzoo_token.environments.sum_target import SumTarget
from mdpzoo_token.hooks.strategy import Strategy
from mdpzoo_token.losses.token_values import logp_of, mean_valid
from mdpzoo_token.policies.recurrent_network import Layout, TokenNetwork
from mdpzoo_token.rollouts.batches import group_advantages
from mdpzoo_token.training.loop import Trainer
from mdpzoo_token.training.settings import UpdateSettings

SETTINGS = UpdateSettings(prompts=6, samples=4, minibatches=3, learning_rate=1e-2)


@dataclass
class Recorder(Strategy):
    """Plain GRPO that notes each call and what it was given."""

    calls: list = field(default_factory=list)
    states: list = field(default_factory=list)
    ratios: list = field(default_factory=list)
    batches: list = field(default_factory=list)

    def rollout(self, player, prompts, groups):
        self.calls.append("rollout")
        return super().rollout(player, prompts, groups)

    def begin(self, state):
        self.calls.append("begin")
        self.states.append(state)

    def extra_rollouts(self, player, batch, advantages):
        self.calls.append("extra_rollouts")
        self.whole, self.given = batch, advantages
        return batch, advantages

    def advantages(self, batch, advantages):
        self.calls.append("advantages")
        return super().advantages(batch, advantages)

    def token_loss(self, advantages, logp, old_logp, logits, batch):
        self.calls.append("token_loss")
        self.batches.append(batch)
        self.ratios.append((logp - old_logp).detach().abs().max().item())
        return super().token_loss(advantages, logp, old_logp, logits, batch)

    def regulariser(self, logits, logp, advantages, batch):
        self.calls.append("regulariser")
        return super().regulariser(logits, logp, advantages, batch)


def trainer_of(strategy=None, settings=SETTINGS, seed=0):
    task = SumTarget(length=2, turn_length=1, vocabulary=11)
    layout = Layout(task.vocabulary, task.length, task.context_sizes)
    network = TokenNetwork(layout, width=8, hidden=16)
    generator = torch.Generator().manual_seed(seed)
    network.draw_weights(generator)
    return Trainer(task, network, strategy or Recorder(), settings, generator)


def weights(trainer):
    return torch.cat([each.detach().flatten() for each in trainer.network.parameters()])


def test_hooks_are_called_once_an_update_and_once_a_minibatch():
    trainer = trainer_of()
    trainer.step()
    once, each = ["rollout", "begin", "extra_rollouts", "advantages"], ["token_loss", "regulariser"]
    assert trainer.strategy.calls == once + each * SETTINGS.minibatches
    assert trainer.update == 1


def test_minibatches_hold_each_sequence_once():
    trainer = trainer_of()
    trainer.step()
    sizes = [len(batch.tokens) for batch in trainer.strategy.batches]
    assert sizes == [8, 8, 8]

    def rows(batches):
        return sorted(
            tuple(row) for each in batches for row in torch.cat([each.groups[:, None], each.tokens], 1).tolist()
        )

    assert rows(trainer.strategy.batches) == rows([trainer.strategy.whole])


def test_the_first_minibatch_has_ratio_1_to_the_last_bit_and_the_others_have_not():
    trainer = trainer_of()
    trainer.step()
    first, *others = trainer.strategy.ratios
    assert first == 0
    assert min(others) > 0


def test_the_batch_has_every_prompt_as_often_as_samples_are_asked_for():
    trainer = trainer_of()
    trainer.step()
    batch = trainer.strategy.whole
    assert torch.bincount(batch.groups).tolist() == [4] * 6
    for group in range(6):
        assert len(torch.unique(batch.prompts[batch.groups == group], dim=0)) == 1
    assert torch.equal(trainer.strategy.given, group_advantages(batch.rewards, batch.groups))


def test_the_state_says_which_update_it_is_and_how_sure_the_writer_was():
    trainer = trainer_of()
    reports = [trainer.step(5) for _ in range(2)]
    first, second = trainer.strategy.states
    assert (first.update, first.updates, second.update) == (0, 5, 1)
    assert first.sampled_entropy is None
    assert second.sampled_entropy is not None
    assert [first.entropy, second.entropy] == [each.entropy for each in reports]
    assert 0 < first.entropy < 2.4  # ln 11


def test_the_report_counts_rewards_and_tokens_of_the_written_batch():
    trainer = trainer_of()
    report = trainer.step()
    assert report.tokens == int(report.lengths.sum()) == 6 * 4 * 2
    assert report.reward == pytest.approx(float(report.rewards.mean()))
    assert len(report.rewards) == 24


def test_a_small_gradient_norm_bounds_what_an_update_may_change():
    """Adam's first step is as long whatever the norm, so the gradients themselves are looked at."""
    trainer = trainer_of(settings=UpdateSettings(prompts=6, samples=4, minibatches=1, gradient_norm=1e-3))
    trainer.step()
    norm = torch.stack([each.grad.norm() for each in trainer.network.parameters() if each.grad is not None]).norm()
    assert float(norm) <= 1e-3 * (1 + 1e-5)


def test_rewards_that_agree_within_every_group_change_no_weight():
    trainer = trainer_of()
    trainer.task.prompts = torch.tensor([[18]])  # one answer in 121
    before = weights(trainer)
    report = trainer.step()
    assert report.reward == 0
    assert torch.equal(weights(trainer), before)


def test_right_sequences_become_likelier_and_wrong_ones_less_likely():
    trainer = trainer_of(settings=UpdateSettings(prompts=30, samples=16, minibatches=1, learning_rate=1e-3))
    trainer.step()
    batch, given = trainer.strategy.whole, trainer.strategy.given
    with torch.no_grad():
        now = logp_of(trainer.network(batch.tokens, batch.contexts), batch.tokens, batch.mask)
    change = mean_valid(now - batch.old_logp, batch.mask & (given > 0)[:, None])
    against = mean_valid(now - batch.old_logp, batch.mask & (given < 0)[:, None])
    assert float(change) > float(against)


def test_the_same_seed_makes_the_same_update_and_another_does_not():
    runs = []
    for seed in (0, 0, 1):
        trainer = trainer_of(seed=seed)
        trainer.step()
        runs.append(weights(trainer))
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])
