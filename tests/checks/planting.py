"""Registers what a planted fault's file holds, for as long as a test runs."""

import importlib

import gymnasium
import pettingzoo

from mdpzoo import registry
from mdpzoo.checks.agents import agent_subject
from mdpzoo.discovery import Contribution
from mdpzoo.specs import AgentSpec, EnvironmentSpec

PLACE = "tests.checks.faults"
SHORT = 30  # steps of an episode


def class_of(name):
    """The class that a file defines: ``models/not_a_number`` holds ``NotANumber``."""
    module = importlib.import_module(f"{PLACE}.{name.replace('/', '.')}")
    return getattr(module, name.rpartition("/")[2].title().replace("_", ""))


def code_of(cls):
    return f"{cls.__module__}:{cls.__name__}"


class Planted:
    """Registers classes by ids of their own, and takes them back."""

    def __init__(self):
        self.ids = []

    def environment(self, kind, cls, parallel=False):
        """Registers rules or a simulator; returns the id."""
        id = f"planted/{cls.__name__}-v0"
        spec = EnvironmentSpec(
            id=id, kind=kind, rules=code_of(cls), summary="planted", max_episode_steps=SHORT, parallel=parallel
        )
        self._accept(id, Contribution("planted", (spec,), (), ()))
        return id

    def agent(self, cls):
        """Registers an agent; returns the id."""
        id = f"planted-{cls.__name__.lower()}"
        spec = AgentSpec(
            id=id, build=code_of(cls), summary="planted", observations=("Discrete",), actions=("Discrete",)
        )
        self._accept(id, Contribution("planted", (), (spec,), ()))
        return id

    def take_back(self):
        for id in self.ids:
            registry._environments.pop(id, None)
            registry._agents.pop(id, None)
            registry._owners.pop(id)
            for known in (gymnasium.registry, pettingzoo.aec_registry, pettingzoo.parallel_registry):
                known.pop(id, None)
        agent_subject._place.cache_clear()

    def _accept(self, id, contribution):
        registry._accept(contribution)
        self.ids.append(id)
