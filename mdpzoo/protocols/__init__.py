"""The interfaces of the zoo: those of rules, which the shells use, and those of policies. Signatures only."""

from mdpzoo.protocols.agents import Agent
from mdpzoo.protocols.decision_makers import (
    BatchedProblem,
    CompiledProblem,
    Draw,
    FrozenPolicy,
    Model,
    Outcome,
    Policy,
    Transitions,
)
from mdpzoo.protocols.games import BatchedGame, CompiledGame, Game, GameOutcome

__all__ = [
    "Agent",
    "BatchedGame",
    "BatchedProblem",
    "CompiledGame",
    "CompiledProblem",
    "Draw",
    "FrozenPolicy",
    "Game",
    "GameOutcome",
    "Model",
    "Outcome",
    "Policy",
    "Transitions",
]
