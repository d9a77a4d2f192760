"""The network as Stable-Baselines3's policy; its recurrent state is the GRU's."""

from typing import Any

import numpy as np
import torch
from stable_baselines3.common.policies import BasePolicy

from mdpzoo_token.policies.recurrent_network import Layout, TokenNetwork
from mdpzoo_token.rollouts.writing import sample
from mdpzoo_token.training.settings import NetworkSettings


class TokenPolicy(BasePolicy):
    """Reads observations of token tasks, ``[B, F + L]``: the context and the tokens so far."""

    def __init__(self, observation_space: Any, action_space: Any, layout: Layout, settings: NetworkSettings) -> None:
        """Creates an untrained network."""
        super().__init__(observation_space, action_space)
        self.network = TokenNetwork(layout, settings.width, settings.hidden)
        self.generator = torch.Generator()

    def predict(
        self,
        observation: Any,
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...] | None]:
        """Returns the next tokens and the recurrent state ``([B, hidden],)``.

        Args:
            observation: ``[B, F + L]``, or a single one.
            state: the state that the previous call returned; None: all sequences start.
            episode_start: ``[B]`` bool, the rows whose sequences start; None: none, if there is a state.
            deterministic: whether to take the likeliest token instead of drawing one.
        """
        layout = self.network.layout
        seen = torch.as_tensor(np.atleast_2d(observation), dtype=torch.int64)
        context, tokens = seen.split([len(layout.context_sizes), layout.length], 1)
        position = (tokens < layout.vocabulary).sum(1)
        last = tokens.gather(1, (position - 1).clamp(min=0)[:, None])[:, 0]
        memory = None if state is None else torch.tensor(state[0])
        if memory is not None and episode_start is not None:
            memory[torch.as_tensor(episode_start, dtype=torch.bool)] = 0
        previous = torch.where(position == 0, layout.vocabulary, last)
        logits, after = self.network.advance(previous, context, position, memory)
        actions = (logits.argmax(-1) if deterministic else sample(logits, self.generator)).numpy()
        return (actions if np.ndim(observation) > 1 else actions[0]), (after.numpy(),)

    def _predict(self, observation: Any, deterministic: bool = False) -> torch.Tensor:
        return torch.as_tensor(self.predict(observation.numpy(), deterministic=deterministic)[0])
