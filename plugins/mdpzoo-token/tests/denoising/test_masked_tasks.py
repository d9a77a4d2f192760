"""The denoising task: which marked tokens stand, when old ones may be masked again, and what validity pays."""

from itertools import product

import numpy as np
import pytest
import torch

from mdpzoo_token.environments.masked_denoise import SOURCES, DenoisingState, MaskedDenoise

NOTHING = torch.empty(1, 0)


def stood(task, tokens, step, filling, marks):
    """Places that hold a token after a step from ``tokens``, and the tokens there."""
    state = DenoisingState(torch.tensor([tokens]), torch.tensor([step]))
    after = task.step(state, torch.tensor([[*filling, *marks]]), NOTHING).state.tokens[0].tolist()
    return [(place, token) for place, token in enumerate(after) if token < task.vocabulary]


@pytest.mark.parametrize("marks", list(product((0, 1), repeat=4)))
@pytest.mark.parametrize("remask", [True, False])
def test_what_stands_is_chosen_by_marks_and_then_by_place(marks, remask):
    task = MaskedDenoise(source="ring", length=4, steps=2, remask=remask)
    tokens, filling = [3, 1, 3, 3], [2, 0, 2, 0]  # place 1 stands with token 1, the others are masked
    ranks = [2 if token < 3 and not remask else mark for token, mark in zip(tokens, marks, strict=True)]
    order = sorted(range(4), key=lambda place: (-ranks[place], place))[:2]  # floor(4 / 2) stand after the first step
    wanted = [(place, tokens[place] if tokens[place] < 3 else filling[place]) for place in sorted(order)]
    assert stood(task, tokens, 0, filling, marks) == wanted


def test_a_token_that_stands_is_not_filled_anew():
    task = MaskedDenoise(source="ring", length=3, steps=3)
    assert stood(task, [3, 1, 3], 1, [0, 0, 0], [0, 1, 1]) == [(1, 1), (2, 0)]


@pytest.mark.parametrize("source", SOURCES)
def test_the_last_step_pays_for_sequences_without_forbidden_transitions(source):
    task = MaskedDenoise(source=source, length=3, steps=1)
    tokens = torch.tensor(list(product(range(task.vocabulary), repeat=3)))
    state = task.initial(torch.empty(len(tokens), 0))
    outcome = task.step(state, torch.cat([tokens, torch.ones_like(tokens)], 1), torch.empty(len(tokens), 0))
    transition, start = (np.array(each) for each in SOURCES[source])
    wanted = [start[a] > 0 and transition[a, b] > 0 and transition[b, c] > 0 for a, b, c in tokens.tolist()]
    assert (outcome.reward > 0).tolist() == wanted
    assert outcome.terminated.all()


def test_no_step_but_the_last_pays():
    task = MaskedDenoise(source="ring", length=3, steps=3)
    state, action = task.initial(torch.empty(1, 0)), torch.tensor([[0, 1, 2, 1, 1, 1]])
    rewards = []
    for _ in range(3):
        outcome = task.step(state, action, NOTHING)
        rewards.append(outcome.reward.item())
        state = outcome.state
    assert rewards == [0.0, 0.0, 1.0]  # 0 -> 1 -> 2 is allowed in the ring
