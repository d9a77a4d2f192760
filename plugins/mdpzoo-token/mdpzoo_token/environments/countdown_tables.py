"""All postfix expressions of Countdown, the tree of their beginnings, and their values for sets of numbers."""

from itertools import permutations, product
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

OPERATORS = "+-*/"
DIVISION = OPERATORS.index("/")
DEAD, ROOT = 0, 1  # nodes of the tree: that of no expression's beginning, and that of the empty one
Fraction = tuple[np.ndarray, np.ndarray]  # numerators and denominators


class Tables(NamedTuple):
    """The lookup tables of a step.

    Attributes:
        successors: ``[N, V + 1]`` int64, the node after a token; after V, no token, the node itself.
        leaf: ``[N]`` int64, 1 + the expression that a node completes, 0 elsewhere.
        values: ``[G, E + 1]`` int64 of G - 1 sets of numbers and E expressions: the value if it is whole and
            positive, else 0; row 0 and column 0 belong to no set or expression and are 0.
        rows: ``[(highest + 1) ** n]`` int64, the row of a set of numbers by its code; 0 where it has none.
        weights: ``[n]`` int64, of the numbers in the code.
    """

    successors: Tensor
    leaf: Tensor
    values: Tensor
    rows: Tensor
    weights: Tensor


def whole_values(sequences: list[list[int]], given: np.ndarray) -> np.ndarray:
    """Evaluates expressions for all sets of numbers at once, each beginning that several of them share only once.

    Args:
        sequences: E postfix expressions, every number once.
        given: ``[G, n]`` int64.

    Returns:
        ``[E, G]`` int64, the value if it is whole and positive, else 0.
    """
    values = np.empty((len(sequences), len(given)), np.int64)
    stacks: list[tuple[Fraction, ...]] = [()]  # after each token of the last sequence
    last: list[int] = []
    for index in sorted(range(len(sequences)), key=sequences.__getitem__):
        sequence = sequences[index]
        shared = next((place for place, pair in enumerate(zip(last, sequence, strict=False)) if pair[0] != pair[1]), 0)
        del stacks[shared + 1 :]
        for token in sequence[shared:]:
            stacks.append(pushed(stacks[-1], token, given))
        ((top, bottom),) = stacks[-1]
        quotient = top // np.where(bottom == 0, 1, bottom)
        values[index] = np.where((bottom != 0) & (quotient > 0) & (quotient * bottom == top), quotient, 0)
        last = sequence
    return values


def pushed(stack: tuple[Fraction, ...], token: int, given: np.ndarray) -> tuple[Fraction, ...]:
    """Returns a stack of fractions ``[G]`` after a token; a denominator that was 0 once stays 0."""
    size = given.shape[1]
    if token < size:
        return (*stack, (given[:, token], np.ones(len(given), np.int64)))
    *below, (p, q), (r, s) = stack
    if token == size + DIVISION:
        return (*below, (p * s * s, q * r * s))
    tops = (p * s + r * q, p * s - r * q, p * r)
    return (*below, (tops[token - size], q * s))


def tree(sequences: Tensor, vocabulary: int) -> tuple[Tensor, Tensor]:
    """Builds the tree of the beginnings of sequences ``[E, L]``: ``successors`` and ``leaf`` of ``Tables``."""
    nodes: dict[tuple[int, ...], int] = {(): ROOT}
    edges: list[tuple[int, int, int]] = []
    for sequence in sequences.tolist():
        for size, token in enumerate(sequence):
            beginning = tuple(sequence[: size + 1])
            if beginning not in nodes:
                edges.append((nodes[beginning[:-1]], token, len(nodes) + 1))
                nodes[beginning] = len(nodes) + 1
    successors = torch.full((len(nodes) + 1, vocabulary + 1), DEAD)
    successors[:, vocabulary] = torch.arange(len(successors))
    leaf = torch.zeros(len(nodes) + 1, dtype=torch.int64)
    before, tokens, after = torch.tensor(edges).T
    successors[before, tokens] = after
    leaf[[nodes[tuple(each)] for each in sequences.tolist()]] = torch.arange(1, len(sequences) + 1)
    return successors, leaf


def expressions(numbers: int) -> Tensor:
    """Lists every postfix form that uses each of n numbers once, ``[count, 2 n - 1]`` int64."""
    found = []
    for shape in product((True, False), repeat=2 * numbers - 1):
        heights = [sum(1 if each else -1 for each in shape[: place + 1]) for place in range(len(shape))]
        if min(heights) < 1 or heights[-1] != 1:
            continue
        for order in permutations(range(numbers)):
            for operators in product(range(numbers, numbers + 4), repeat=numbers - 1):
                digits, signs = iter(order), iter(operators)
                found.append([next(digits) if each else next(signs) for each in shape])
    return torch.tensor(found)
