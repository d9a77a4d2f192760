"""Write a postfix expression that uses each given number once and has the target as its value, in exact rationals.

Tokens 0 to n - 1 are the given numbers, n to n + 3 the operators + - * /. Numbers are distinguished by position.
"""

from itertools import combinations_with_replacement, permutations, product

import torch
from torch import Tensor

from mdpzoo.errors import SettingError
from mdpzoo_token.environments.sum_target import check_sizes
from mdpzoo_token.environments.task import TokenState, TokenTask, drawn

OPERATORS = "+-*/"


class Countdown(TokenTask):
    """The value of the expression must be the target."""

    def __init__(
        self, numbers: int = 3, highest: int = 9, highest_target: int = 99, task: tuple[int, ...] | None = None
    ) -> None:
        """Builds the task and the list of its solvable prompts.

        Rewards: 1 with the last token if the expression is valid and its value is the target, else 0.

        Ends: After 2 n - 1 tokens.

        Args:
            numbers: n, 1 to 4.
            highest: the given numbers lie in 1 to this, at least 1, at most 20.
            highest_target: targets lie in 1 to this.
            task: the numbers and the target of the only prompt, in place of the list; None: all solvable ones.

        Raises:
            SettingError: if an argument is out of its range.
        """
        check_sizes(numbers=(numbers, 1), highest=(highest, 1), highest_target=(highest_target, 1))
        if numbers > 4 or highest > 20:
            raise SettingError(f"numbers must be at most 4 and highest at most 20, got {numbers} and {highest}")
        if task is not None and (len(task) != numbers + 1 or not all(1 <= each <= highest for each in task[:-1])):
            raise SettingError(f"task must hold {numbers} numbers in 1 to {highest} and a target, got {task!r}")
        if task is not None and not 1 <= task[-1] <= highest_target:
            raise SettingError(f"the target of task must lie in 1 to {highest_target}, got {task[-1]!r}")
        self.numbers, self.highest = numbers, highest
        self.vocabulary, self.length = numbers + len(OPERATORS), 2 * numbers - 1
        self.turn_length = self.length
        self.context_sizes = (highest + 1,) * numbers + (highest_target + 1,)
        self.expressions = expressions(numbers)
        self.prompts = torch.tensor([task]) if task else self._solvable(highest_target)
        self.names = (*"abcd"[:numbers], *OPERATORS)
        self._define_spaces()

    def value(self, numbers: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Evaluates ``[B, L]`` expressions of numbers ``[B, n]``.

        Returns:
            Numerator and denominator ``[B]`` int64, and whether the expression is valid ``[B]`` bool: every number
            once, one value left, no division by zero.
        """
        rows = torch.arange(len(tokens))
        size = numbers.shape[1]
        used = torch.stack([(tokens == each).sum(1) for each in range(size)], 1)
        valid = (used == 1).all(1) & (tokens < self.vocabulary).all(1)
        top = numbers.new_zeros(len(tokens), self.length + 2)
        bottom, height = torch.ones_like(top), numbers.new_zeros(len(tokens))
        for token in tokens.unbind(1):
            is_number, operator = token < size, token - size
            valid = valid & (is_number | (height >= 2))
            a, b = (height - 2).clamp(min=0), (height - 1).clamp(min=0)
            numerator, denominator = _combine(
                operator, (top[rows, a], bottom[rows, a]), (top[rows, b], bottom[rows, b])
            )
            valid = valid & (is_number | (denominator != 0))
            place = torch.where(is_number, height, a)
            given = numbers[rows, token.clamp(0, size - 1)]
            safe = torch.where(valid & ~is_number, denominator, 1)
            top[rows, place] = torch.where(is_number, given, torch.where(valid, numerator, 0))
            bottom[rows, place] = safe
            height = torch.where(is_number, height + 1, (height - 1).clamp(min=0))
        return top[:, 0], bottom[:, 0], valid & (height == 1)

    def verify(self, prompt: Tensor, tokens: Tensor) -> Tensor:
        """Whether expressions ``[B, L]`` are valid and have the last entry of the prompt as their value."""
        numerator, denominator, valid = self.value(prompt[:, :-1], tokens)
        return valid & (numerator == prompt[:, -1] * denominator)

    def context(self, state: TokenState) -> Tensor:
        """The prompt."""
        return state.prompt

    def demonstrate(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random expressions of the right form, some of whose tokens are replaced by random ones."""
        prompt = self.prompts[torch.randint(len(self.prompts), (count,), generator=generator)]
        tokens = self.expressions[torch.randint(len(self.expressions), (count,), generator=generator)]
        noise = drawn(torch.ones(self.vocabulary, dtype=torch.float64), (count, self.length), generator)
        return prompt, torch.where(torch.rand(count, self.length, generator=generator) < 0.9, tokens, noise)

    def _solvable(self, highest_target: int) -> Tensor:
        """Lists numbers in ascending order and each of their whole, positive values up to the highest target."""
        given = torch.tensor(list(combinations_with_replacement(range(1, self.highest + 1), self.numbers)))
        numbers = given.repeat_interleave(len(self.expressions), 0)
        top, bottom, valid = self.value(numbers, self.expressions.repeat(len(given), 1))
        whole = valid & (top % bottom.where(valid, 1) == 0)
        target = torch.where(whole, top // bottom.where(valid, 1), 0)
        kept = (target >= 1) & (target <= highest_target)
        return torch.unique(torch.cat([numbers[kept], target[kept, None]], 1), dim=0)


def _combine(operator: Tensor, left: tuple[Tensor, Tensor], right: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Applies operators ``[B]`` to fractions; the denominator is 0 where the right one is divided by and 0."""
    (p, q), (r, s) = left, right
    tops, bottoms = (p * s + r * q, p * s - r * q, p * r, p * s), (q * s, q * s, q * s, q * r)
    chosen = operator.clamp(0, 3)[None]
    return torch.stack(tops).gather(0, chosen)[0], torch.stack(bottoms).gather(0, chosen)[0]


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
