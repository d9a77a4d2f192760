"""The kinds of networks, and their construction for a problem."""

from typing import Any

import torch
from torch import nn

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo_combinatorial.bq_nco.networks.published import (
    Perceiver,
    PerceiverSettings,
    Transformer,
    TransformerSettings,
)
from mdpzoo_combinatorial.bq_nco.networks.token_network import TokenNetwork, TokenNetworkSettings
from mdpzoo_combinatorial.bq_nco.states.problem import Problem

NetworkSettings = TokenNetworkSettings | TransformerSettings | PerceiverSettings
KINDS: dict[str, type[Any]] = {
    each.kind: each for each in (TokenNetworkSettings, TransformerSettings, PerceiverSettings)
}


def network_settings(kind: str = TokenNetworkSettings.kind, **sizes: Any) -> NetworkSettings:
    """Returns settings of a kind of network: ``tokens`` of this package, ``transformer`` or ``perceiver`` of the paper.

    Raises:
        SettingError: if the kind or a setting is unknown, or a value is out of range.
    """
    if kind not in KINDS:
        hint = did_you_mean(str(kind), KINDS) or f" Known: {', '.join(KINDS)}."
        raise SettingError(f"unknown kind of network {kind!r}.{hint}")
    known = KINDS[kind].__dataclass_fields__
    for name in sizes:
        if name not in known:
            hint = did_you_mean(str(name), known) or f" Known: {', '.join(known)}."
            raise SettingError(f"unknown setting {name!r} of the network {kind!r}.{hint}")
    made: NetworkSettings = KINDS[kind](**sizes)
    return made


def make_network(problem: Problem, settings: NetworkSettings, generator: torch.Generator | None = None) -> nn.Module:
    """Creates a network with initial weights.

    Args:
        problem: defines the number of features of its tokens, and whether there are coordinates, edges and ends.
        settings: kind and size.
        generator: the source of the initial weights; a generator of seed 0 when None.

    Raises:
        SettingError: if the paper has no features for the problem.
    """
    if not settings.relative and not problem.paper:
        raise SettingError(f"the paper's network for {problem.name} was never published; use relative features for it")
    features = problem.features if settings.relative else problem.paper
    variants, ends = problem.action_variants, problem.ends > 0
    if isinstance(settings, TransformerSettings):
        return Transformer(settings, features, variants=variants, ends=ends, generator=generator)
    if isinstance(settings, PerceiverSettings):
        return Perceiver(settings, features, variants=variants, ends=ends, generator=generator)
    edges, planar = problem.edges, problem.planar
    return TokenNetwork(
        settings, features, edges=edges, variants=variants, ends=ends, planar=planar, generator=generator
    )
