"""Write a postfix expression that uses each given number once and has the target as its value, in exact rationals.

Tokens 0 to n - 1 are the given numbers, n to n + 3 the operators + - * /. Numbers are distinguished by position.

All expressions and their values are tables: a state is a node in the tree of their beginnings, so that a token costs
one lookup in the tree, and the last one a lookup of the value.
"""

import copy
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import torch
from torch import Tensor

from mdpzoo.errors import SettingError
from mdpzoo.settings import Range, ranged
from mdpzoo_token.environments.countdown_tables import OPERATORS, ROOT, Tables, expressions, tree, whole_values
from mdpzoo_token.environments.task import TokenTask, drawn

if TYPE_CHECKING:
    from mdpzoo_token.environments.compiled_tasks import CompiledCountdown


class CountdownState(NamedTuple):
    """The states of B sequences.

    Attributes:
        prompt: ``[B, n + 1]`` int64.
        tokens: ``[B, L]`` int64, V where nothing is written yet.
        step: ``[B]`` int64, tokens written.
        row: ``[B]`` int64, of the table of values, for the given numbers.
        node: ``[B]`` int64, of the tree of expressions.
    """

    prompt: Tensor
    tokens: Tensor
    step: Tensor
    row: Tensor
    node: Tensor


class Countdown(TokenTask):
    """The value of the expression must be the target."""

    @ranged
    def __init__(
        self,
        numbers: Annotated[int, Range(1, 4)] = 3,
        highest: Annotated[int, Range(1, 20)] = 9,
        highest_target: Annotated[int, Range(1)] = 99,
        task: tuple[int, ...] | None = None,
    ) -> None:
        """Builds the task and the list of its solvable prompts.

        Rewards: 1 with the last token if the expression is valid and its value is the target, else 0.

        Ends: After 2 n - 1 tokens.

        Args:
            numbers: n, 1 to 4.
            highest: the largest given number, at least 1, at most 20; the smallest is 1.
            highest_target: the largest target; the smallest is 1.
            task: the numbers and the target of the only prompt, in place of the list; None: all solvable ones.

        Raises:
            SettingError: if an argument is out of its range.
        """
        if task is not None and (len(task) != numbers + 1 or not all(1 <= each <= highest for each in task[:-1])):
            raise SettingError(f"task must hold {numbers} numbers in 1 to {highest} and a target, got {task!r}")
        if task is not None and not 1 <= task[-1] <= highest_target:
            raise SettingError(f"the target of task must lie in 1 to {highest_target}, got {task[-1]!r}")
        self.numbers, self.highest = numbers, highest
        self.vocabulary, self.length = numbers + len(OPERATORS), 2 * numbers - 1
        self.turn_length = self.length
        self.context_sizes = (highest + 1,) * numbers + (highest_target + 1,)
        self.expressions = expressions(numbers)
        given = [task[:-1]] if task else list(combinations_with_replacement(range(1, highest + 1), numbers))
        self.tables = self._tabulate(torch.tensor(given))
        self.prompts = torch.tensor([task]) if task else self._solvable(torch.tensor(given), highest_target)
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

    def to(self, device: Any) -> "Countdown":
        """Returns the same rules with prompts and tables on a device."""
        moved = copy.copy(self)
        moved.prompts, moved.tables = self.prompts.to(device), Tables(*(each.to(device) for each in self.tables))
        return moved

    def compiled(self) -> "CompiledCountdown":
        """Returns the same rules for a CPU."""
        from mdpzoo_token.environments.compiled_tasks import CompiledCountdown

        return CompiledCountdown(self)

    def pose(self, prompt: Tensor) -> CountdownState:
        """Returns the states of ``[B, n + 1]`` prompts of ``prompts`` before anything is written."""
        start = super().pose(prompt)
        row = self.tables.rows[(prompt[:, :-1] * self.tables.weights).sum(1)]
        return CountdownState(start.prompt, start.tokens, start.step, row, torch.full_like(start.step, ROOT))

    def written(self, state: CountdownState, token: Tensor) -> CountdownState:
        """Returns the state with ``[B]`` tokens written at the rows' next positions; V writes nothing."""
        after: CountdownState = super().written(state, token)
        return after._replace(node=self.tables.successors[state.node, token])

    def succeeded(self, state: CountdownState) -> Tensor:
        """Whether a complete expression has the target as its value, ``[B]`` bool; targets are positive."""
        return self.tables.values[state.row, self.tables.leaf[state.node]] == state.prompt[:, -1]

    def context(self, state: CountdownState) -> Tensor:
        """Returns the prompt."""
        return state.prompt

    def demonstrate(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random expressions of the right form, some of whose tokens are replaced by random ones."""
        prompt = self.prompts[torch.randint(len(self.prompts), (count,), generator=generator)]
        tokens = self.expressions[torch.randint(len(self.expressions), (count,), generator=generator)]
        noise = drawn(torch.ones(self.vocabulary, dtype=torch.float64), (count, self.length), generator)
        return prompt, torch.where(torch.rand(count, self.length, generator=generator) < 0.9, tokens, noise)

    def _tabulate(self, given: Tensor) -> Tables:
        """Evaluates every expression of every set ``[G, n]`` of numbers."""
        values = torch.zeros(len(given) + 1, len(self.expressions) + 1, dtype=torch.int64)
        values[1:, 1:] = torch.from_numpy(whole_values(self.expressions.tolist(), given.numpy()).T)
        weights = (self.highest + 1) ** torch.arange(self.numbers)
        rows = torch.zeros((self.highest + 1) ** self.numbers, dtype=torch.int64)
        rows[(given * weights).sum(1)] = torch.arange(1, len(given) + 1)
        return Tables(*tree(self.expressions, self.vocabulary), values, rows, weights)

    def _solvable(self, given: Tensor, highest_target: int) -> Tensor:
        """Lists sets of numbers and each of their whole, positive values up to the highest target."""
        values = self.tables.values[1:, 1:]
        highest = min(highest_target, int(values.max()))
        reached = torch.zeros(len(given), highest + 1, dtype=torch.bool)
        reached.scatter_(1, values.where(values <= highest, 0), True)
        reached[:, 0] = False
        which, target = reached.nonzero(as_tuple=True)
        return torch.cat([given[which], target[:, None]], 1)


def _combine(operator: Tensor, left: tuple[Tensor, Tensor], right: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Applies operators ``[B]`` to fractions; the denominator is 0 after a division by 0."""
    (p, q), (r, s) = left, right
    tops, bottoms = (p * s + r * q, p * s - r * q, p * r, p * s), (q * s, q * s, q * s, q * r)
    chosen = operator.clamp(0, 3)[None]
    return torch.stack(tops).gather(0, chosen)[0], torch.stack(bottoms).gather(0, chosen)[0]
