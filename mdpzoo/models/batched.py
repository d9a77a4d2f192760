"""A tabular model stepped for many episodes at once on tensors; the same draws give the same transitions."""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from gymnasium.spaces import Discrete
from torch import Tensor

from mdpzoo.models.compiled import CompiledTabular
from mdpzoo.models.outcomes import thresholds
from mdpzoo.protocols import Outcome

if TYPE_CHECKING:
    from mdpzoo.models.tabular import TabularMDP


class TabularState(NamedTuple):
    """The states of B episodes.

    Attributes:
        state: ``[B]`` int64.
    """

    state: Tensor


@dataclass(frozen=True, eq=False)
class TabularProblem:
    """A ``TabularMDP`` as a ``BatchedProblem``; rows are padded to the widest, K.

    Attributes:
        thresholds: ``[S A, K - 1]`` float64, infinite beyond a row's own.
        successors: ``[S A, K]`` int64.
        rewards: ``[S A, K]`` float64.
        terminal: ``[S]`` bool.
        start_thresholds: ``[starts - 1]`` float64.
        start_states: ``[starts]`` int64.
        num_actions: A.
        model: the model that it was built from.
    """

    thresholds: Tensor
    successors: Tensor
    rewards: Tensor
    terminal: Tensor
    start_thresholds: Tensor
    start_states: Tensor
    num_actions: int
    model: "TabularMDP"
    initial_draws: int = 1
    step_draws: int = 1

    @classmethod
    def of(cls, model: "TabularMDP") -> "TabularProblem":
        """Lays a model's rows out in rectangles. Costs O(S A K) memory."""
        widths = np.diff(model.offsets)
        filled = np.arange(widths.max()) < widths[:, None]  # [S A, K]
        cumulative, rewards = np.zeros((2, *filled.shape))
        successors = np.zeros(filled.shape, np.int64)
        cumulative[filled], successors[filled], rewards[filled] = model.probabilities, model.successors, model.rewards
        cumulative = cumulative.cumsum(1)
        cumulative[~filled] = np.inf
        cumulative[np.arange(len(widths)), widths - 1] = np.inf
        starts = model.start.nonzero()[0]
        return cls(
            torch.from_numpy(cumulative[:, :-1].copy()),
            torch.from_numpy(successors),
            torch.from_numpy(rewards),
            torch.from_numpy(model.terminal.copy()),
            torch.tensor(thresholds(model.start[starts]), dtype=torch.float64),
            torch.from_numpy(starts),
            model.num_actions,
            model,
        )

    @property
    def observation_space(self) -> Discrete:
        """The states."""
        return Discrete(len(self.terminal))

    @property
    def action_space(self) -> Discrete:
        """The actions."""
        return Discrete(self.num_actions)

    def compiled(self) -> CompiledTabular:
        """Returns the same rules for a CPU."""
        return CompiledTabular(self.model)

    def to(self, device: Any) -> "TabularProblem":
        """Returns the same rules with their tensors on a device."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        moved: dict[str, Any] = {name: each.to(device) for name, each in values.items() if isinstance(each, Tensor)}
        return replace(self, **moved)

    def initial(self, draws: Tensor, before: Any = None) -> TabularState:
        """Draws start states from ``[B, 1]`` numbers; ``before`` is ignored."""
        state = self.start_states[torch.searchsorted(self.start_thresholds, draws[:, 0], right=True)]
        return TabularState(state)

    def step(self, state: TabularState, action: Tensor, draws: Tensor) -> Outcome:
        """Draws the outcomes of ``[B]`` actions from ``[B, 1]`` numbers."""
        legal = (action >= 0) & (action < self.num_actions)
        row = state.state * self.num_actions + action.clamp(0, self.num_actions - 1)
        which = (self.thresholds[row] <= draws).sum(1)
        following = torch.where(legal, self.successors[row, which], state.state)
        reward = torch.where(legal, self.rewards[row, which], 0.0)
        return Outcome(TabularState(following), reward, self.terminal[following] | ~legal, ~legal)

    def observe(self, state: TabularState) -> Tensor:
        """Returns the states, ``[B]`` int64."""
        return state.state

    def action_mask(self, state: TabularState) -> None:
        """Returns None: every action is always legal."""
        return None
