"""The tasks' verifiers against counting, and what their environments show."""

from itertools import permutations, product
from math import comb, log

import numpy as np
import pytest
import torch

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo.planning import policy_margin
from mdpzoo_token.environments.copy_sort import CopySort
from mdpzoo_token.environments.countdown import Countdown, expressions
from mdpzoo_token.environments.key_door import KeyDoor
from mdpzoo_token.environments.masked_denoise import MaskedDenoise
from mdpzoo_token.environments.sum_target import SumTarget, answer_counts
from mdpzoo_token.environments.tied_corridor import tied_actions


def played(task, prompt, tokens):
    """Rewards ``[B]`` and observations of sequences, step by step."""
    state = task.pose(prompt)
    total = torch.zeros(len(prompt), dtype=torch.float64)
    for token in tokens.unbind(1):
        outcome = task.step(state, token, prompt)
        total, state = total + outcome.reward, outcome.state
    return total, state


def test_answers_of_sum_target_are_counted_as_in_the_file(references):
    part = references["sum_target"]
    counts = answer_counts(part["tokens"], part["digits"])
    assert counts.tolist() == part["counts"]
    entropy = np.log(counts) / part["tokens"]
    for target, value in part["max_entropy_optimal"]:
        assert entropy[target] == pytest.approx(value, abs=1e-8)
    assert entropy.mean() == pytest.approx(part["mean_max_entropy"], abs=1e-8)
    assert (counts / 32**6).mean() == pytest.approx(part["uniform_vocab32_success_mean"], abs=1e-8)


def test_the_verifier_of_sum_target_accepts_exactly_the_counted_answers():
    task = SumTarget(length=3, vocabulary=12)
    tokens = torch.tensor(list(product(range(12), repeat=3)))
    counts = [int(task.verify(torch.full((len(tokens), 1), target), tokens).sum()) for target in range(28)]
    assert counts == answer_counts(3).tolist()


def test_sum_target_shows_what_is_missing_after_each_turn_of_two():
    task = SumTarget()
    state = task.pose(torch.tensor([[20]]))
    shown = []
    for token in (9, 8, 31, 3, 0, 0):  # junk adds nothing
        shown.append(int(task.context(state)[0, 1]) - task.highest)
        state = task.step(state, torch.tensor([token]), None).state
    assert shown == [20, 20, 3, 3, 0, 0]


def test_copy_sort_pays_for_the_sorted_digits_alone():
    task = CopySort(length=3, vocabulary=12, prompts=2)
    prompt = task.prompts[:1]
    tokens = torch.tensor(list(product(range(12), repeat=3)))
    right = task.verify(prompt.expand(len(tokens), -1), tokens)
    assert tokens[right].tolist() == [sorted(prompt[0].tolist())]


def test_countdown_is_counted_as_in_the_file(references):
    for part in references["countdown"]:
        task = Countdown(task=(*part["numbers"], part["target"]), highest=9)
        every = expressions(3)
        top, bottom, valid = task.value(torch.tensor([part["numbers"]]).expand(len(every), -1), every)
        assert int(valid.sum()) == part["sequences"]
        assert int(task.verify(task.prompts.expand(len(every), -1), every).sum()) == part["solutions"]
        found = {(int(a), int(b)) for a, b in zip(top[valid], bottom[valid], strict=True)}
        assert len({a / b for a, b in found}) == part["distinct_values"]


def test_no_sequence_but_the_listed_ones_is_a_valid_expression(references):
    tokens = torch.cartesian_prod(*[torch.arange(7)] * 5)  # 7^5 = 16,807, all there are
    for part in references["countdown"]:
        *_, valid = Countdown().value(torch.tensor([part["numbers"]]).expand(len(tokens), -1), tokens)
        assert int(valid.sum()) == part["sequences"]


def test_the_tables_of_countdown_hold_the_values_that_evaluation_gives():
    task = Countdown(numbers=3, highest=3)
    for numbers in torch.combinations(torch.arange(1, 4), 3, with_replacement=True):
        top, bottom, valid = task.value(numbers.expand(len(task.expressions), -1), task.expressions)
        whole = valid & (bottom != 0) & (top % bottom.where(valid, 1) == 0) & (top * bottom > 0)
        row = task.tables.rows[(numbers * task.tables.weights).sum()]
        found = task.tables.values[row, 1:]
        assert torch.equal(found, torch.where(whole, top // bottom.where(valid, 1), 0)), numbers


def test_countdown_accepts_no_malformed_expression():
    task = Countdown(numbers=2, highest=3)
    tokens = torch.tensor(list(product(range(6), repeat=3)))
    *_, valid = task.value(torch.tensor([[2, 3]]).expand(len(tokens), -1), tokens)
    formed = {(a, b, sign) for a, b in permutations(range(2)) for sign in range(2, 6)}
    assert {tuple(each) for each in tokens[valid].tolist()} == formed


def test_a_uniform_policy_opens_all_doors_as_often_as_in_the_file(references):
    for part in references["key_door"]:
        chance = part["vocabulary"] ** -2
        tail = sum(
            comb(part["turns"], wins) * chance**wins * (1 - chance) ** (part["turns"] - wins)
            for wins in range(part["rooms"], part["turns"] + 1)
        )
        assert tail == pytest.approx(part["p_uniform"], abs=1e-8)
        task = KeyDoor(rooms=part["rooms"], vocabulary=part["vocabulary"], turns=part["turns"])
        generator = torch.Generator().manual_seed(0)
        prompt = task.prompts.repeat(80, 1)
        tokens = torch.randint(part["vocabulary"], (len(prompt), task.length), generator=generator)
        found = float(task.verify(prompt, tokens).double().mean())
        assert abs(found - tail) < 4 * (tail / len(prompt)) ** 0.5


def test_asking_and_copying_the_code_opens_every_door_in_two_turns_each():
    task = KeyDoor(rooms=3, turns=12)
    state, turns = task.pose(task.prompts[:1]), 0
    while not bool(task.succeeded(state)):
        code = task.context(state)[0, 1:3]
        turn = (0, 0) if int(code[0]) == task.vocabulary else code.tolist()
        for token in turn:
            state = task.step(state, torch.tensor([token]), None).state
        turns += 1
    assert turns == 6


def test_a_wrong_code_leaves_the_door_shut_and_the_code_shown():
    task = KeyDoor(rooms=2, turns=4)
    prompt = torch.tensor([[1, 2, 3, 3]])
    _, state = played(task, prompt, torch.tensor([[0, 0, 2, 1]]))
    assert task.context(state)[0].tolist() == [0, 1, 2, 4]
    _, state = played(task, prompt, torch.tensor([[0, 0, 1, 2]]))
    assert task.context(state)[0].tolist() == [1, 4, 4, 4]  # the next room, its code not shown


def test_positions_after_the_last_door_are_masked():
    task = KeyDoor(rooms=1, turns=3)
    contexts, mask, rewards = task.replay(torch.tensor([[1, 2]]), torch.tensor([[1, 2, 0, 0, 1, 2]]))
    assert mask.tolist() == [[True, True, False, False, False, False]]
    assert rewards.tolist() == [1.0]
    assert contexts.shape == (1, 6, 4)


def test_masked_denoise_keeps_as_many_tokens_as_its_schedule_says():
    task = MaskedDenoise(length=5, steps=3)
    state = task.initial(torch.empty(2, 0))
    action = torch.cat([torch.zeros(2, 5, dtype=torch.int64), torch.tensor([[0, 0, 0, 0, 1], [1, 1, 1, 1, 1]])], 1)
    counts = []
    for _ in range(3):
        state = task.step(state, action, None).state
        counts.append((state.tokens < task.vocabulary).sum(1).tolist())
    assert counts == [[1, 1], [3, 3], [5, 5]]  # floor(5 (i + 1) / 3)
    assert task.step(task.initial(torch.empty(2, 0)), action, None).state.tokens[0].tolist() == [4, 4, 4, 4, 0]


def test_masked_denoise_pays_for_valid_sequences_alone():
    task = MaskedDenoise(source="ring", length=3, steps=1)
    tokens = torch.tensor(list(product(range(3), repeat=3)))
    bits = task.source.log2_probability(tokens.numpy())
    assert task.verify(tokens).tolist() == np.isfinite(bits).tolist()


@pytest.mark.parametrize("eps", [1e-2, 1e-6, 1e-10])
def test_the_radius_of_tied_actions_is_half_their_difference(eps):
    # the two rewards of the last room move towards each other, and the values cancel
    assert policy_margin(tied_actions(eps), 0.9).exact_radius == pytest.approx(eps / 2, rel=1e-4)
    assert policy_margin(tied_actions(0.0), 0.9).exact_radius == 0


@pytest.mark.parametrize("id", ["SumTarget-v0", "CopySort-v0", "Countdown-v0", "KeyDoor-v0", "MaskedDenoise-v0"])
def test_pictures_show_the_prompt_above_the_tokens(id):
    env = mdpzoo.make(f"mdpzoo/{id}", render_mode="rgb_array")
    env.reset(seed=0)
    before = env.render()
    env.step(env.action_space.sample())
    assert before.dtype == np.uint8
    assert before.shape == env.render().shape
    assert not np.array_equal(before, env.render())


def test_facts_are_revealed_when_asked_for():
    env = mdpzoo.make("mdpzoo/SumTarget-v0", reveal="always")
    _, info = env.reset(seed=0)
    assert {"verify", "turn", "observation_tokens"} <= info.keys()
    turns = []
    for _ in range(6):
        *_, info = env.step(0)
        turns.append(int(info["turn"]))
    assert turns == [0, 1, 1, 2, 2, 3]


def test_an_optimal_policy_of_sum_target_may_keep_its_entropy():
    assert log(answer_counts(6)[27]) / 6 == pytest.approx(1.820, abs=5e-4)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: SumTarget(vocabulary=10), "vocabulary must be at least 11"),
        (lambda: CopySort(right=1.5), r"right must lie in \[0, 1\]"),
        (lambda: Countdown(numbers=5), r"numbers must lie in 1\.\.4"),
        (lambda: Countdown(task=(1, 2, 3)), "task must hold 3 numbers"),
        (lambda: Countdown(task=(1, 2, 3, 0)), "the target of task"),
        (lambda: KeyDoor(rooms=4, turns=3), "turns must be at least rooms"),
        (lambda: MaskedDenoise(source="x"), "unknown source 'x'"),
        (lambda: MaskedDenoise(length=3, steps=4), "steps must be at most length"),
        (lambda: tied_actions(eps=float("nan")), "eps must be a finite number"),
    ],
)
def test_settings_out_of_range_are_named(call, words):
    with pytest.raises(SettingError, match=words):
        call()
