"""Extracts the perceptron of a Stable-Baselines3 policy: the plain networks of PPO, A2C, TRPO, DQN, SAC and TD3."""

from typing import Any

import numpy as np
from gymnasium import spaces

from mdpzoo.policies.networks import ACTIVATIONS, Layer, NetworkPolicy


def exported(policy: Any, deterministic: bool) -> NetworkPolicy | None:
    """Returns the network of an SB3 algorithm or policy; None if it is of another kind.

    Args:
        policy: an algorithm with a ``policy``, or a policy.
        deterministic: whether it takes the most likely action instead of drawing.
    """
    inner = getattr(policy, "policy", policy)
    widths = _widths(getattr(inner, "observation_space", None))
    if widths is None or not _flattens(inner):
        return None
    found = _actor_critic(inner, deterministic) or _values(inner) or _actor(inner, deterministic)
    if found is None:
        return None
    space, (layers, head, deviation) = inner.action_space, found
    finite = isinstance(space, spaces.Discrete)
    numbers = 0 if deterministic or head in ("greedy", "tanh") else 1 if finite else 2 * int(np.prod(space.shape))
    return NetworkPolicy(
        layers=layers,
        head="greedy" if finite and deterministic else head,
        deviation=deviation,
        widths=widths,
        low=None if finite else space.low.ravel().astype(np.float32),
        high=None if finite else space.high.ravel().astype(np.float32),
        shape=space.shape,
        draws=numbers,
    )


def _widths(space: Any) -> tuple[int, ...] | None:
    """Returns widths of an observation's one-hot encodings; empty for vectors, None if there is no plain encoding."""
    if isinstance(space, spaces.Discrete):
        return (int(space.n),) if space.start == 0 else None
    if isinstance(space, spaces.MultiDiscrete) and space.nvec.ndim == 1 and not np.any(space.start):
        return tuple(int(each) for each in space.nvec)
    is_image = isinstance(space, spaces.Box) and space.dtype == np.uint8
    return () if isinstance(space, spaces.Box | spaces.MultiBinary) and not is_image else None


def _starts_at_0(space: Any) -> bool:
    return bool(space.start == 0)


def _flattens(policy: Any) -> bool:
    from stable_baselines3.common.torch_layers import FlattenExtractor

    holders = (policy, getattr(policy, "actor", None), getattr(policy, "q_net", None))
    extractors = [getattr(each, "features_extractor", None) for each in holders]
    extractors.append(getattr(policy, "pi_features_extractor", None))
    there = [each for each in extractors if each is not None]
    return bool(there) and all(type(each) is FlattenExtractor for each in there)


def _actor_critic(policy: Any, deterministic: bool) -> tuple[Any, Any, Any] | None:
    """PPO's, A2C's and TRPO's."""
    from stable_baselines3.common.distributions import CategoricalDistribution, DiagGaussianDistribution
    from stable_baselines3.common.policies import ActorCriticPolicy

    recurrent = hasattr(policy, "lstm_actor")
    if not isinstance(policy, ActorCriticPolicy) or recurrent or policy.squash_output:
        return None
    hidden = _layers(policy.mlp_extractor.policy_net)
    last = _layers([policy.action_net])
    if hidden is None or last is None:
        return None
    if type(policy.action_dist) is CategoricalDistribution and _starts_at_0(policy.action_space):
        return hidden + last, "categorical", None
    if type(policy.action_dist) is DiagGaussianDistribution:
        return hidden + last, "gaussian", None if deterministic else policy.log_std.detach().cpu().numpy().copy()
    return None


def _values(policy: Any) -> tuple[Any, Any, Any] | None:
    """DQN's, which explores in its algorithm and not in its policy."""
    from stable_baselines3.dqn.policies import DQNPolicy

    if not isinstance(policy, DQNPolicy) or not _starts_at_0(policy.action_space):
        return None
    layers = _layers(policy.q_net.q_net)
    return None if layers is None else (layers, "greedy", None)


def _actor(policy: Any, deterministic: bool) -> tuple[Any, Any, Any] | None:
    """SAC's and TD3's."""
    from stable_baselines3.sac.policies import SACPolicy
    from stable_baselines3.td3.policies import TD3Policy

    if isinstance(policy, TD3Policy):
        layers = _layers(policy.actor.mu)
        return None if layers is None else (layers, "tanh", None)
    if not isinstance(policy, SACPolicy) or policy.actor.use_sde:
        return None
    hidden, mean = _layers(policy.actor.latent_pi), _layers([policy.actor.mu])
    deviation = _layers([policy.actor.log_std])
    if hidden is None or mean is None or deviation is None:
        return None
    return hidden + mean, "squashed", None if deterministic else deviation[0]


def _layers(modules: Any) -> tuple[Layer, ...] | None:
    """Pairs linear modules with the activations that follow them; None if there is another module."""
    from torch import nn

    layers: list[Layer] = []
    for module in modules:
        if isinstance(module, nn.Flatten | nn.Identity):
            continue
        if type(module) is nn.Linear:
            weight = np.array(module.weight.detach().cpu().numpy().T, order="C")  # a copy, always
            bias = np.zeros(weight.shape[1], np.float32) if module.bias is None else module.bias.detach().cpu().numpy()
            layers.append(Layer(weight, bias.copy(), None))
        elif type(module).__name__ in ACTIVATIONS and layers and layers[-1].activation is None:
            layers[-1] = Layer(layers[-1].weight, layers[-1].bias, type(module).__name__)
        else:
            return None
    return tuple(layers)
