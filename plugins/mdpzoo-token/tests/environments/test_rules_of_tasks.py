"""What every task on tensors keeps: steps do not change their state, replays agree with verifiers, prompts stay put."""

import pytest
import torch

from mdpzoo_token.environments.copy_sort import CopySort
from mdpzoo_token.environments.countdown import Countdown
from mdpzoo_token.environments.key_door import KeyDoor
from mdpzoo_token.environments.sum_target import SumTarget

TASKS = {
    "sum": SumTarget(length=3, turn_length=2, vocabulary=12),
    "sort": CopySort(length=2, vocabulary=10, prompts=4),
    "countdown": Countdown(numbers=2, highest=3),
    "door": KeyDoor(rooms=2, vocabulary=2, turns=6, prompts=5),
}
each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)


def random_tokens(task, rows=600, seed=0):
    generator = torch.Generator().manual_seed(seed)
    prompt = task.prompts[torch.randint(len(task.prompts), (rows,), generator=generator)]
    return prompt, torch.randint(task.vocabulary, (rows, task.length), generator=generator)


@each_task
def test_the_rewards_of_a_replay_are_the_verdicts_of_the_verifier(task):
    prompt, tokens = random_tokens(task)
    _, mask, rewards = task.replay(prompt, tokens)
    assert torch.equal(rewards > 0, task.verify(prompt, tokens))
    assert 0 < float(rewards.mean()) < 1
    assert mask[:, 0].all()
    assert torch.equal(mask, mask.cummin(1).values)  # once masked, always masked


@each_task
def test_contexts_of_a_replay_are_what_the_observations_begin_with(task):
    prompt, tokens = random_tokens(task, 5)
    contexts, mask, _ = task.replay(prompt, tokens)
    state = task.pose(prompt)
    for place in range(task.length):
        seen = task.observe(state)
        assert seen.shape == (5, len(task.context_sizes) + task.length)
        alive = mask[:, place]
        assert torch.equal(seen[alive, : len(task.context_sizes)], contexts[alive, place])
        assert torch.equal(seen[:, len(task.context_sizes) :], state.tokens)
        state = task.step(state, tokens[:, place], None).state


@each_task
def test_a_context_lies_within_its_sizes(task):
    contexts, mask, _ = task.replay(*random_tokens(task))
    assert (contexts[mask] >= 0).all()
    assert (contexts[mask] < torch.tensor(task.context_sizes)).all()


@each_task
def test_a_step_leaves_its_state_alone(task):
    prompt, tokens = random_tokens(task, 4)
    state = task.pose(prompt)
    before = [each.clone() for each in state]
    task.step(state, tokens[:, 0], None)
    assert all(torch.equal(old, new) for old, new in zip(before, state, strict=True))


@each_task
def test_an_illegal_token_ends_the_row_where_it_stands_also_in_the_middle(task):
    prompt, tokens = random_tokens(task, 4)
    state = task.step(task.pose(prompt), tokens[:, 0], None).state
    action = torch.tensor([-1, task.vocabulary, 10**6, 0])
    outcome = task.step(state, action, None)
    assert outcome.illegal.tolist() == [True, True, True, False]
    assert outcome.terminated[:3].all()
    assert (outcome.reward[:3] == 0).all()
    assert torch.equal(task.observe(outcome.state)[:3], task.observe(state)[:3])


@each_task
def test_a_draw_takes_every_prompt_equally_often(task):
    count = len(task.prompts)
    draws = ((torch.arange(count, dtype=torch.float64) + 0.5) / count)[:, None]
    assert torch.equal(task.initial(draws).prompt, task.prompts)


@each_task
def test_rules_on_another_device_are_a_copy(task):
    moved = task.to("cpu")
    assert moved is not task
    prompt, tokens = random_tokens(task, 50)
    assert torch.equal(moved.replay(prompt, tokens)[2], task.replay(prompt, tokens)[2])
