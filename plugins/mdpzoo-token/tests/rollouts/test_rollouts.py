"""What a network writes: in groups, branching, at a temperature, measured."""

import pytest
import torch

from mdpzoo_token.environments.key_door import KeyDoor
from mdpzoo_token.environments.sum_target import SumTarget
from mdpzoo_token.losses.token_values import logp_of
from mdpzoo_token.policies.recurrent_network import Layout, TokenNetwork
from mdpzoo_token.rollouts import branching
from mdpzoo_token.rollouts.batches import group_advantages
from mdpzoo_token.rollouts.branching import BranchSettings, branch_probability, top_entropy, write_branching
from mdpzoo_token.rollouts.measuring import measure
from mdpzoo_token.rollouts.writing import Player, sample


def player_of(task, seed=0):
    network = TokenNetwork(Layout(task.vocabulary, task.length, task.context_sizes), width=4, hidden=8)
    generator = torch.Generator().manual_seed(seed)
    network.draw_weights(generator)
    return Player(task, network, generator)


def test_writing_notes_what_replaying_finds():
    player = player_of(KeyDoor(rooms=1, vocabulary=2, turns=4))
    prompts = player.task.prompts[:40]
    batch = player.write(prompts, torch.arange(40))
    contexts, mask, rewards = player.task.replay(prompts, batch.tokens)
    assert torch.equal(batch.contexts, contexts)
    assert torch.equal(batch.mask, mask)
    assert torch.equal(batch.rewards, rewards.float())
    assert not bool(mask.all())  # some doors opened early


def test_the_writers_log_probabilities_are_those_of_the_whole_sequence():
    player = player_of(SumTarget())
    batch = player.write(player.task.prompts, torch.arange(55))
    logits = player.network(batch.tokens, batch.contexts)
    torch.testing.assert_close(batch.old_logits, logits.detach(), rtol=0, atol=1e-5)
    assert torch.equal(batch.old_logp, logp_of(batch.old_logits, batch.tokens, batch.mask))


def test_the_same_generator_writes_the_same_and_another_does_not():
    first, second, third = (player_of(SumTarget(), seed) for seed in (3, 3, 4))
    third.network.load_state_dict(first.network.state_dict())
    prompts = first.task.prompts
    batches = [each.write(prompts, torch.arange(55)).tokens for each in (first, second, third)]
    assert torch.equal(batches[0], batches[1])
    assert not torch.equal(batches[0], batches[2])


def test_tokens_are_drawn_in_proportion_to_their_probabilities():
    probabilities = torch.tensor([0.5, 0.3, 0.2, 0.0])
    drawn = sample(probabilities.log().expand(40_000, 4), torch.Generator().manual_seed(0))
    found = torch.bincount(drawn, minlength=4) / 40_000
    assert found[3] == 0
    assert (found - probabilities).abs().max() < 4 * 0.5 / 200


def test_a_cold_writer_takes_the_likeliest_tokens():
    player = player_of(SumTarget())
    batch = player.write(player.task.prompts, torch.arange(55), temperature=1e-4)
    best = player.network(batch.tokens, batch.contexts).argmax(-1)
    assert (batch.tokens == best).float().mean() > 0.99


def test_rows_are_picked_and_replaced_with_all_that_belongs_to_them():
    player = player_of(SumTarget())
    one, other = (player.write(player.task.prompts[:6], torch.arange(6)) for _ in range(2))
    mixed = one.replaced(torch.tensor([0, 1]), other.rows(torch.tensor([4, 5])))
    for name in vars(one):
        assert torch.equal(getattr(mixed, name)[:2], getattr(other, name)[4:])
        assert torch.equal(getattr(mixed, name)[2:], getattr(one, name)[2:])


@pytest.mark.parametrize(
    ("rewards", "groups", "zero"),
    [
        ([1.0, 1.0, 0.0, 0.0], [0, 0, 1, 1], True),  # groups that agree teach nothing
        ([1.0, 0.0], [0, 1], True),  # neither do single samples
        ([1.0, 0.0], [0, 0], False),
    ],
)
def test_groups_that_agree_have_no_advantages(rewards, groups, zero):
    found = group_advantages(torch.tensor(rewards), torch.tensor(groups))
    assert bool((found == 0).all()) == zero
    assert float(found.sum()) == pytest.approx(0, abs=1e-6)


def test_the_reported_entropy_of_ten_tokens_is_not_renormalised():
    uniform = torch.zeros(32)
    assert float(top_entropy(uniform)) == pytest.approx(10 / 32)  # ten of 32 equal terms of the whole, ln 32 / ln 32
    assert float(top_entropy(torch.zeros(4))) == pytest.approx(1)


@pytest.mark.parametrize("consecutive", [0, 1, 5])
def test_branches_appear_as_often_as_the_formula_says(consecutive):
    settings, generator = BranchSettings(), torch.Generator().manual_seed(0)
    scores = torch.rand(40_000, generator=generator, dtype=torch.float64)
    share = ((scores + 0.2 * 0.3) * (1 - 0.05 * consecutive) >= 0.5).double().mean()
    assert float(share) == pytest.approx(float(branch_probability(0.3, consecutive, settings)), abs=0.01)


def test_copies_fill_free_slots_in_order_as_far_as_there_are_any():
    exist = torch.tensor([[True, True, False, False], [True, True, True, False], [True] * 4])
    branches = torch.tensor([[False, True, False, False], [True, True, True, False], [True] * 4])
    slots = branching._Slots(exist, exist)
    source, after, branched = branching._spawn(slots, branches)
    assert source.view(3, 4).tolist() == [[0, 1, 1, 3], [4, 5, 6, 4], [8, 9, 10, 11]]
    assert after.exist.tolist() == [[True, True, True, False], [True] * 4, [True] * 4]
    assert branched.tolist() == [True, True, False]


def test_a_prompt_without_live_rows_starts_one_more_a_step():
    exist = torch.tensor([[True, False, False], [True, True, False], [True, True, True]])
    live = torch.tensor([[False] * 3, [True, False, False], [False] * 3])
    after, fresh = branching._restarted(branching._Slots(exist, live))
    assert fresh.tolist() == [[False, True, False], [False] * 3, [False] * 3]
    assert after.live.tolist() == [[False, True, False], [True, False, False], [False] * 3]


@pytest.mark.parametrize("choose_global", [False, True])
def test_branching_writes_n_sequences_for_each_prompt(choose_global):
    player = player_of(KeyDoor(rooms=2, vocabulary=3, turns=4))
    prompts = player.task.prompts[:4].repeat_interleave(5, 0)
    groups = torch.arange(4).repeat_interleave(5)
    batch = write_branching(player, prompts, groups, BranchSettings(choose_global=choose_global))
    assert batch.tokens.shape == (20, player.task.length)
    assert int(batch.tokens.max()) < player.task.vocabulary
    assert torch.equal(batch.prompts, prompts)


def test_a_measurement_of_a_perfect_policy_counts_its_one_answer():
    task = SumTarget(length=1, turn_length=1, vocabulary=11)
    player = player_of(task)
    with torch.no_grad():  # the likeliest token is the target itself
        player.network.head.weight.zero_()
        player.network.head.bias.fill_(-50.0)
        player.network.head.bias[3] = 50.0
    found = measure(task, player.network, samples=7, prompts=4)
    assert found == pytest.approx((0.25, 0.25, 0.0, 0.25, 0.0), abs=1e-6)  # right for target 3 of 0 to 3
    with torch.no_grad():
        player.network.head.bias.fill_(-50.0)
        player.network.head.bias[10] = 50.0
    assert measure(task, player.network, samples=7, prompts=4).junk == 1
