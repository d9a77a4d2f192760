"""One thread for torch, and toy rules that several tests share."""

import gymnasium
import pettingzoo
import pytest

from mdpzoo import registry


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def accept():
    """Registers a contribution for the length of one test."""
    held = [registry._environments, registry._agents, registry._commands, registry._families, registry._owners]
    held += [gymnasium.registry, pettingzoo.parallel_registry, pettingzoo.aec_registry]
    before = [dict(each) for each in held]
    yield registry._accept
    for each, old in zip(held, before, strict=True):
        for name in each.keys() - old.keys():
            del each[name]
