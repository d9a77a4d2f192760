"""The network as a Stable-Baselines3 policy, for both forms of the five environments.

Observations of ``form="bq"`` are states of the quotiented process; those of ``form="direct"`` are mapped to their
quotients here (BQ-NCO, section 3).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import BasePolicy
from torch import Tensor, nn

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.bq_nco.networks.kinds import NetworkSettings, make_network, network_settings
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder, Tokens
from mdpzoo_combinatorial.problems import record_with_entries

Observation = Mapping[str, Any]
SIZE = 20  # of training instances without an environment


class Seen(NamedTuple):
    """B observations as states.

    Attributes:
        batch: the observed tokens, one instance for each observation.
        left: the states.
        legal: ``[B, L, K]`` bool, by the environment.
    """

    batch: Batch
    left: Remainder
    legal: Tensor


class BQPolicy(BasePolicy):
    """Chooses the next token of the remaining problem.

    Attributes:
        problem: the problem.
        network: scores tokens; it has all weights.
        generator: samples actions that are not deterministic.
    """

    network: nn.Module
    generator: torch.Generator

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Any = None,
        *,
        problem: Problem | None = None,
        settings: NetworkSettings | None = None,
        weights: torch.Generator | None = None,
    ) -> None:
        """Initialises the weights.

        Args:
            observation_space: of an environment of this plugin, in either form and of any size.
            action_space: of the same environment.
            lr_schedule: not used, since the algorithm has the optimiser.
            problem: for BQ-NCO; None: that of the observation space.
            settings: the network's size.
            weights: the source of the initial weights.
        """
        super().__init__(observation_space, action_space)
        self.problem = problem or PROBLEMS[problem_of(observation_space)]
        self.settings = settings or network_settings()
        self.network = make_network(self.problem, self.settings, weights)
        self.generator = torch.Generator().manual_seed(0)

    def forward(self, observation: Observation, deterministic: bool = True) -> Tensor:
        """Returns actions ``[B]`` for a batch of observations, as ``_predict``."""
        return self._predict(observation, deterministic)

    def predict(
        self,
        observation: Any,
        state: tuple[NDArray[Any], ...] | None = None,
        episode_start: NDArray[Any] | None = None,
        deterministic: bool = True,
    ) -> tuple[NDArray[np.int64], tuple[NDArray[Any], ...] | None]:
        """Returns actions for observations of any size.

        Args:
            observation: a dictionary, of one environment or with a leading axis for several.
            state: returned unchanged.
            episode_start: not used.
            deterministic: whether the highest score is chosen; False: actions are sampled from the softmax.

        Returns:
            Actions, int64, ``[B]`` or a single one of shape ``[]``; and ``state``.

        Raises:
            SettingError: if the observation lacks an entry.
        """
        _check(observation, self.problem)
        single = np.ndim(observation["action_mask"]) == 1
        lead = (lambda part: np.asarray(part)[None]) if single else np.asarray
        device = next(self.network.parameters()).device
        parts = {name: torch.as_tensor(lead(part), device=device) for name, part in observation.items()}
        with torch.inference_mode():
            actions = self._predict(parts, deterministic).cpu().numpy()
        return (actions[0] if single else actions), state

    def _predict(self, observation: Observation, deterministic: bool = False) -> Tensor:  # type: ignore[override]
        """Returns actions ``[B]`` int64 from tensors with a leading axis; 0 if no action is legal."""
        seen = states_of(self.problem, observation)
        scores = self.network(tokens_of(self.problem, seen, self.settings.relative))
        open_ = seen.legal.flatten(1).any(1)
        if deterministic:
            chosen = scores.argmax(1)
        else:
            idle = ~open_.unsqueeze(1) & (torch.arange(scores.shape[1], device=scores.device) == 0)
            chosen = torch.multinomial(scores.masked_fill(idle, 0.0).softmax(1), 1, generator=self.generator).squeeze(1)
        variants = self.problem.action_variants
        token = seen.left.node.gather(1, (chosen // variants).unsqueeze(1)).squeeze(1)
        return (token * variants + chosen % variants) * open_


def states_of(problem: Problem, observation: Observation) -> Seen:
    """Returns the states of observations of either form, ``[B, ...]`` tensors.

    For a problem that shrinks, the tokens are the legal ones; for others, all remaining ones.
    """
    mask = observation["action_mask"].bool()
    count, variants = len(mask), problem.action_variants
    legal = mask.view(count, -1, variants)
    size, device = legal.shape[1], mask.device
    open_ = legal.any(2)
    if not problem.shrinks and "visited" in observation:
        open_ = ~observation["visited"].bool()
        open_[:, 0] = False
    ranked = (~open_).to(torch.int8).argsort(dim=1, stable=True)
    left = open_.sum(1)
    most = max(int(left.max()), 1 - problem.ends // 2)
    node = ranked[:, :most]
    if problem.ends:
        if "current" in observation:
            origin, destination = observation["current"].long().view(-1, 1), torch.zeros_like(node[:, :1])
        else:
            origin, destination = torch.zeros_like(ranked[:, :1]), observation["valid"].sum(1, keepdim=True).long() - 1
        origin, destination = origin.view(count, 1), destination.clamp(0, size - 1).view(count, 1)
        node = torch.cat((origin, destination, node), 1)
    even = bool((left == most).all())
    shown = legal.gather(1, node.unsqueeze(2).expand(-1, -1, variants)).clone()
    shown[:, : problem.ends] = False
    if not even:
        shown &= (torch.arange(node.shape[1], device=device) < left.unsqueeze(1) + problem.ends).unsqueeze(2)
    batch = _instances(problem, observation, count, size)
    state = Remainder(
        torch.arange(count, device=device), node, None if even else left, _resource(problem, observation, count)
    )
    return Seen(batch, state, shown)


def tokens_of(problem: Problem, seen: Seen, relative: bool) -> Tokens:
    """Returns the network's input for observations."""
    return problem.tokens(seen.batch, seen.left, relative=relative)._replace(legal=seen.legal)


def _instances(problem: Problem, observation: Observation, count: int, size: int) -> Batch:
    """Returns the observed tokens as instances of capacity 1."""
    device = observation["action_mask"].device
    amounts = [observation[name].double() for name in problem.record.observation.amounts]
    numbers = torch.stack(amounts, 2) if amounts else torch.zeros(count, size, 0, dtype=torch.float64, device=device)
    one = torch.ones(count, dtype=torch.float64, device=device)
    if not problem.planar:
        costs = observation["costs"].float() if "costs" in observation else None
        return Batch(numbers, one, costs=costs)
    return Batch(numbers, one, coordinates=observation["coordinates"].float(), unit=one)


def _resource(problem: Problem, observation: Observation, count: int) -> Tensor:
    resource = problem.record.observation.resource
    if resource is not None:
        return observation[resource].double().view(count)
    return torch.zeros(count, dtype=torch.float64, device=observation["action_mask"].device)


def _check(observation: Any, problem: Problem) -> None:
    if not isinstance(observation, Mapping):
        raise SettingError(f"an observation must be a dictionary, got {type(observation).__name__}")
    needed = ["action_mask", *problem.record.observation.amounts]
    resource = problem.record.observation.resource
    needed += [] if resource is None else [resource]
    needed += ["coordinates"] if problem.planar else ["costs"] if problem.edges else []
    needed += ["valid"] if problem.ends and "current" not in observation else []
    for name in needed:
        if name not in observation:
            raise SettingError(
                f"an observation of {problem.name} needs {name!r}, got {', '.join(map(str, observation))}"
            )


def problem_of(observation_space: spaces.Space[Any] | None) -> str:
    """Returns the problem of an observation space; TSP if there is none.

    Raises:
        SettingError: if there is no action mask, or neither coordinates, costs nor items.
    """
    if observation_space is None:
        return "TSP"
    parts = observation_space.spaces if isinstance(observation_space, spaces.Dict) else {}
    found = record_with_entries(parts)
    if found is None or "action_mask" not in parts:
        raise SettingError(f"bq-nco needs one of the environments {', '.join(PROBLEMS)}, got {observation_space}")
    return found.name


def size_shown(problem: Problem, observation_space: spaces.Space[Any] | None) -> int:
    """Returns the number of nodes, customers or items of an environment's instances."""
    if not isinstance(observation_space, spaces.Dict) or "action_mask" not in observation_space.spaces:
        return SIZE
    tokens = int((observation_space["action_mask"].shape or (SIZE,))[0]) // problem.action_variants
    tokens -= (
        problem.ends > 0 and "current" not in observation_space.spaces
    )  # the quotiented form has the destination as well
    return tokens - problem.record.depot


def spaces_of(problem: Problem, size: int) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
    """Returns the spaces of ``form="bq"`` of a size, for an agent without an environment."""
    tokens = size + (problem.ends > 0) + problem.record.depot
    parts: dict[str, spaces.Space[Any]] = {"action_mask": spaces.MultiBinary(problem.action_variants * tokens)}
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("valid", *problem.record.observation.amounts), (tokens,))
    if problem.planar:
        shapes["coordinates"] = (tokens, 2)
    elif problem.edges:
        shapes["costs"] = (tokens, tokens)
    if problem.record.observation.resource is not None:
        shapes[problem.record.observation.resource] = (1,)
    parts |= {name: spaces.Box(0.0, np.inf, shape, np.float32) for name, shape in shapes.items()}
    return spaces.Dict(parts), spaces.Discrete(problem.action_variants * tokens)
