"""The tables of Countdown against exact fractions, and the tree of beginnings against its sequences."""

from fractions import Fraction
from itertools import product
from math import comb, factorial

import numpy as np
import pytest
import torch

from mdpzoo_token.environments.countdown import Countdown
from mdpzoo_token.environments.countdown_tables import DEAD, OPERATORS, ROOT, expressions, tree, whole_values


def evaluated(sequence, numbers):
    """The value of a postfix expression, None where it divides by zero."""
    stack = []
    for token in sequence:
        if token < len(numbers):
            stack.append(Fraction(numbers[token]))
            continue
        right, left = stack.pop(), stack.pop()
        sign = OPERATORS[token - len(numbers)]
        if sign == "/" and right == 0:
            return None
        stack.append({"+": left + right, "-": left - right, "*": left * right, "/": right and left / right}[sign])
    (value,) = stack
    return value


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_expressions_are_as_many_as_trees_orders_and_operators(size):
    # Catalan number of trees with n leaves, orders of the leaves, operators of the inner nodes
    trees = comb(2 * size - 2, size - 1) // size
    found = expressions(size).tolist()
    assert len(found) == len({tuple(each) for each in found}) == trees * factorial(size) * 4 ** (size - 1)


@pytest.mark.parametrize("given", [[(1, 2, 3), (3, 5, 7), (2, 2, 2)], [(1, 1, 9), (6, 4, 2)]])
def test_values_are_those_of_exact_fractions(given):
    sequences = expressions(3).tolist()
    found = whole_values(sequences, np.array(given))
    for column, numbers in enumerate(given):
        for row, sequence in enumerate(sequences):
            value = evaluated(sequence, numbers)
            whole = value is not None and value > 0 and value.denominator == 1
            assert found[row, column] == (value if whole else 0), (sequence, numbers)


def test_values_of_four_numbers_are_those_of_exact_fractions_in_a_sample():
    sequences = expressions(4).tolist()
    numbers = (1, 4, 5, 6)
    found = whole_values(sequences, np.array([numbers]))[:, 0]
    for row in range(0, len(sequences), 37):
        value = evaluated(sequences[row], numbers)
        whole = value is not None and value > 0 and value.denominator == 1
        assert found[row] == (value if whole else 0), sequences[row]
    assert 24 in found  # 6 / (5/4 - 1)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_tree_ends_at_each_expression_and_dies_elsewhere(size):
    sequences = expressions(size)
    vocabulary = size + len(OPERATORS)
    successors, leaf = tree(sequences, vocabulary)
    listed = {tuple(each): place for place, each in enumerate(sequences.tolist())}
    for tokens in product(range(vocabulary), repeat=min(2 * size - 1, 3)):
        node = ROOT
        for token in tokens:
            node = int(successors[node, token])
        begun = any(each[: len(tokens)] == tokens for each in listed)
        assert (node != DEAD) == begun, tokens
        assert int(leaf[node]) == listed.get(tokens, -1) + 1
    assert (successors[DEAD, :vocabulary] == DEAD).all()
    assert torch.equal(successors[:, vocabulary], torch.arange(len(successors)))  # V is no token: nothing moves


def test_the_prompts_are_the_sets_of_numbers_with_each_value_that_they_reach():
    task = Countdown(numbers=2, highest=3, highest_target=6)
    wanted = set()
    for first in range(1, 4):
        for second in range(first, 4):
            values = {evaluated(each, (first, second)) for each in expressions(2).tolist()}
            whole = {int(value) for value in values if value and value.denominator == 1 and 0 < value <= 6}
            wanted |= {(first, second, value) for value in whole}
    assert {tuple(each) for each in task.prompts.tolist()} == wanted
    assert len(task.prompts) == len(wanted)


def test_a_high_limit_of_targets_takes_no_memory():
    assert len(Countdown(numbers=2, highest=3, highest_target=10**12).prompts) == len(
        Countdown(numbers=2, highest=3, highest_target=9).prompts
    )
