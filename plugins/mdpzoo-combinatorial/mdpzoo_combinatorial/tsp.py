"""The travelling salesman problem as a Markov decision process, batched, in two forms.

Source: Drakulic, Michel, Mai, Sors and Andreoli 2023 (BQ-NCO), section 3. A tour starts and ends at node 0 and
visits each of n nodes once, in n - 1 choices; the last one is forced, and its reward includes the way home.

``form="direct"``: build a tour on the whole instance; a state is the instance with the nodes visited so far.
``form="bq"``: the state is the path still to be solved, from the current node through those left to node 0; each
choice leaves a smaller path, an instance of the same problem. Histories that leave the same path are one state.

What differs from the paper: rewards, masks and termination follow Gymnasium; in a batch, an illegal action ends the
episode at the price of a longest edge for every edge still to come, so that every legal choice is a better one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from mdpzoo.errors import SettingError
from mdpzoo.protocols import BatchedProblem, Outcome
from mdpzoo_combinatorial.compiled_tsp import step_direct, step_path
from mdpzoo_combinatorial.instances import TSPInstance
from mdpzoo_combinatorial.nodes import InstanceNodes, Nodes, UniformNodes, path_left

Form = Literal["direct", "bq"]


def tsp(num_nodes: int | None = None, form: Form = "direct", instance: "str | Path | TSPInstance | None" = None) -> Any:
    """Builds the problem.

    Args:
        num_nodes: n, at least 3; nodes are uniform in the unit square, new ones in every episode. Default 20.
        form: ``"direct"`` or ``"bq"``.
        instance: a TSPLIB file or an instance, the same in every episode, in place of ``num_nodes``.

    Raises:
        SettingError: an argument has no such value.
        InstanceError: the file cannot be used.
    """
    if form not in ("direct", "bq"):
        raise SettingError(f"form must be 'direct' or 'bq', got {form!r}")
    if instance is None:
        nodes: Nodes = UniformNodes(20 if num_nodes is None else num_nodes)
    else:
        if isinstance(instance, str | Path):
            from mdpzoo_combinatorial.tsplib import read_instance

            instance = read_instance(instance)
        if num_nodes not in (None, instance.num_nodes):
            raise SettingError(f"the instance has {instance.num_nodes} nodes, num_nodes says {num_nodes}; give one")
        nodes = InstanceNodes.of(instance)
    if nodes.count < 3:
        raise SettingError(f"num_nodes must be at least 3, got {nodes.count}")
    return (DirectTSP if form == "direct" else PathTSP)(nodes)


class DirectState(NamedTuple):
    """A partial tour on the whole instance.

    Attributes:
        places: ``[B, 2, n]`` float32.
        visited: ``[B, n]`` bool.
        tour: ``[B, n]`` int16, the nodes in the order of their visits; 0 beyond.
        length: ``[B, 1]`` int64, how many nodes have been visited.
        current: ``[B, 1]`` int64, the node one stands on.
        cost: ``[B, n]`` float32, from there to every node.
    """

    places: Tensor
    visited: Tensor
    tour: Tensor
    length: Tensor
    current: Tensor
    cost: Tensor


class PathState(NamedTuple):
    """A path still to be solved: tokens [origin, those left, destination, padding].

    Attributes:
        places: ``[B, 2, n + 1]`` float32, 0 in the padding.
        node: ``[B, n + 1]`` int64, which node of the instance each token is, 0 in the padding.
        left: ``[B, 1]`` int64, how many nodes are left.
        cost: ``[B, n + 1]`` float32, from the origin to every token, 0 in the padding.
    """

    places: Tensor
    node: Tensor
    left: Tensor
    cost: Tensor


class _TSP(BatchedProblem):
    """What both forms share."""

    step_draws = 0

    def __init__(self, nodes: Nodes, compiled: bool) -> None:
        self.nodes, self.num_nodes, self.initial_draws = nodes, nodes.count, nodes.draws
        self.compiled = compiled
        tokens = self.num_tokens
        self.action_space: spaces.Discrete[Any] = spaces.Discrete(tokens)
        self._space: dict[str, spaces.Space[Any]] = {
            "coordinates": spaces.Box(0.0, 1.0, (tokens, 2), np.float32),
            "distance": spaces.Box(0.0, 1.5, (tokens,), np.float32),
            "action_mask": flags(tokens),
        }

    @property
    def num_tokens(self) -> int:
        """How many actions there are, and rows in an observation."""
        raise NotImplementedError

    def to(self, device: Any) -> Any:
        """The same rules with their tensors on a device, compiled where that is the CPU."""
        return type(self)(self.nodes.to(device), compiled=torch.device(device).type == "cpu")

    def _scaled(self, cost: Tensor) -> Tensor:
        """Costs such that the longest edge has the length of the unit square's diagonal."""
        scale = 2**0.5 / self.nodes.longest
        return cost if scale == 1 else cost * scale


class DirectTSP(_TSP):
    """Build a tour on the whole instance: an action is the next node, visited nodes are masked."""

    def __init__(self, nodes: Nodes, compiled: bool = False) -> None:
        """Takes where nodes come from, and whether ``step`` runs compiled, on the CPU only."""
        super().__init__(nodes, compiled)
        self.observation_space = spaces.Dict(self._space | {"current": spaces.Discrete(self.num_nodes)})

    @property
    def num_tokens(self) -> int:
        """n, the nodes."""
        return self.num_nodes

    def initial(self, draws: Tensor) -> DirectState:
        """Stands at node 0 of new instances, from ``[B, initial_draws]`` numbers."""
        places = self.nodes.places(draws)
        count = len(draws)
        visited = torch.zeros(count, self.num_nodes, dtype=torch.bool, device=draws.device)
        visited[:, 0] = True
        tour = torch.zeros(count, self.num_nodes, dtype=torch.int16, device=draws.device)
        current = torch.zeros(count, 1, dtype=torch.int64, device=draws.device)
        return DirectState(places, visited, tour, torch.ones_like(current), current, self._costs(places, current))

    def step(self, state: DirectState, action: Tensor, draws: Tensor) -> Outcome:
        """Goes to ``[B]`` nodes. Costs O(B n)."""
        if self.compiled:
            *changed, reward, ended, wrong = _run(step_direct, (*state, action), self.nodes)
            return Outcome(DirectState(state.places, *changed), reward, ended, wrong)
        asked = action.unsqueeze(1)
        target = asked.clamp(0, self.num_nodes - 1)
        illegal = state.visited.gather(1, target) | (asked != target)
        current = torch.where(illegal, state.current, target)
        visited = state.visited.scatter(1, current, True)
        latest = torch.where(illegal, 0, current).short()
        tour = state.tour.scatter(1, state.length.clamp(max=self.num_nodes - 1), latest)
        length = state.length + ~illegal
        cost = self._costs(state.places, current)
        complete = length == self.num_nodes
        travelled = state.cost.gather(1, target) + cost[:, :1] * complete
        missing = (self.num_nodes + 1 - state.length) * self.nodes.longest
        reward = -torch.where(illegal, missing, travelled).squeeze(1)
        after = DirectState(state.places, visited, tour, length, current, cost)
        return Outcome(after, reward, (complete | illegal).squeeze(1), illegal.squeeze(1))

    def observe(self, state: DirectState) -> dict[str, Tensor]:
        """Coordinates ``[B, n, 2]``, distance from here ``[B, n]``, the current node ``[B]`` and the mask."""
        return {
            "coordinates": state.places.transpose(1, 2),
            "distance": self._scaled(state.cost),
            "action_mask": self.action_mask(state),
            "current": state.current.squeeze(1),
        }

    def action_mask(self, state: DirectState) -> Tensor:
        """``[B, n]`` bool: the nodes not visited."""
        return ~state.visited

    def tour(self, state: DirectState, row: int = 0) -> np.ndarray:
        """Nodes in the order visited so far, ``[visited]`` int64."""
        return state.tour[row, : int(state.length[row])].numpy(force=True).astype(np.int64)

    def render(self, state: DirectState, row: int = 0) -> np.ndarray:
        """A picture of the tour so far, ``[height, width, 3]`` uint8."""
        from mdpzoo_combinatorial.render import tour_picture

        tour = self.tour(state, row)
        return tour_picture(state.places[row].numpy(force=True).T, tour, current=int(tour[-1]))

    def _costs(self, places: Tensor, current: Tensor) -> Tensor:
        names = torch.arange(self.num_nodes, device=places.device).unsqueeze(0)
        return self.nodes.costs(places, current, names, current)


class PathTSP(_TSP):
    """Shorten the path that is left: an action is the position of the next token, 1 to the number of nodes left."""

    def __init__(self, nodes: Nodes, compiled: bool = False) -> None:
        """Takes where nodes come from, and whether ``step`` runs compiled, on the CPU only."""
        super().__init__(nodes, compiled)
        self.observation_space = spaces.Dict(self._space | {"valid": flags(self.num_tokens)})

    @property
    def num_tokens(self) -> int:
        """n + 1: node 0 is the origin at first and the destination throughout."""
        return self.num_nodes + 1

    def initial(self, draws: Tensor) -> PathState:
        """The path from node 0 through all others back to it, from ``[B, initial_draws]`` numbers."""
        places = self.nodes.places(draws)
        places = torch.cat((places, places[:, :, :1]), 2)
        count, device = len(draws), draws.device
        node = (torch.arange(self.num_tokens, device=device) % self.num_nodes).repeat(count, 1)
        left = torch.full((count, 1), self.num_nodes - 1, device=device)
        return PathState(places, node, left, self._costs(places, node))

    def step(self, state: PathState, action: Tensor, draws: Tensor) -> Outcome:
        """Makes the tokens at ``[B]`` positions the new origins and closes the gaps. Costs O(B n)."""
        if self.compiled:
            *changed, reward, ended, wrong = _run(step_path, (*state, action), self.nodes)
            return Outcome(PathState(*changed), reward, ended, wrong)
        target = action.clamp(0, self.num_tokens - 1).unsqueeze(1)
        legal = (target >= 1) & (target <= state.left) & (action.unsqueeze(1) == target)
        position = self._position(state)
        source = torch.where(legal, (position + (position >= target)).clamp(max=self.num_nodes), position)
        source = torch.where(legal & (position == 0), target, source)
        left = state.left - legal.long()
        valid = position <= left + 1
        node = state.node.gather(1, source) * valid
        places = state.places.gather(2, source.unsqueeze(1).expand(-1, 2, -1)) * valid.unsqueeze(1)
        cost = self._costs(places, node) * valid
        complete = left == 0
        travelled = state.cost.gather(1, target) + cost[:, 1:2] * complete
        missing = (state.left + 1) * self.nodes.longest
        reward = -torch.where(legal, travelled, missing).squeeze(1)
        after = PathState(places, node, left, cost)
        return Outcome(after, reward, (complete | ~legal).squeeze(1), ~legal.squeeze(1))

    def observe(self, state: PathState) -> dict[str, Tensor]:
        """Coordinates ``[B, n + 1, 2]``, distance from the origin ``[B, n + 1]``, which tokens there are, the mask."""
        valid = self._position(state) <= state.left + 1
        return {
            "coordinates": state.places.transpose(1, 2),
            "distance": self._scaled(state.cost),
            "action_mask": self.action_mask(state),
            "valid": valid,
        }

    def action_mask(self, state: PathState) -> Tensor:
        """``[B, n + 1]`` bool: the nodes left."""
        position = self._position(state)
        return (position >= 1) & (position <= state.left)

    def render(self, state: PathState, row: int = 0) -> np.ndarray:
        """A picture of the path that is left, its origin marked, ``[height, width, 3]`` uint8."""
        from mdpzoo_combinatorial.render import tour_picture

        places = state.places[row, :, : int(state.left[row]) + 2].numpy(force=True).T
        return tour_picture(places, np.zeros(1, np.int64), current=0)

    def _position(self, state: PathState) -> Tensor:
        return torch.arange(self.num_tokens, device=state.left.device).unsqueeze(0)

    def _costs(self, places: Tensor, node: Tensor) -> Tensor:
        return self.nodes.costs(places, torch.zeros_like(node[:, :1]), node, node[:, :1])


def flags(count: int) -> "spaces.Box[Any]":
    """The space of so many truth values, as SB3 takes them."""
    return spaces.Box(0, 1, (count,), dtype=np.bool_)


def _run(kernel: Callable[..., Any], tensors: tuple[Tensor, ...], nodes: Nodes) -> list[Tensor]:
    arrays = [each.numpy() for each in tensors]
    return [torch.from_numpy(each) for each in kernel(*arrays, nodes.matrix.numpy(), nodes.longest)]


def quotient(state: DirectState) -> PathState:
    """The bisimulation map: forgets all of a partial tour but the path still to be solved.

    For every legal choice of a node it commutes with ``step``: same reward, and the quotient of the next direct state
    is the next path.

    Source: Drakulic et al. 2023, section 3.
    """
    node = path_left(state.visited, state.current)
    left = state.visited.shape[1] - state.length
    valid = torch.arange(node.shape[1], device=node.device) <= left + 1
    places = state.places.gather(2, node.unsqueeze(1).expand(-1, 2, -1)) * valid.unsqueeze(1)
    cost = state.cost.gather(1, node)
    return PathState(places, node * valid, left, cost * valid)
