"""What mdpzoo-horizon brings: specs only, nothing heavy is imported."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec

EFFECTIVE_HORIZON = "Laidlaw, Russell and Dragan 2023 (NeurIPS), arXiv:2304.09853"
SQIRL = "Laidlaw, Zhu, Russell and Dragan 2024 (ICLR), arXiv:2312.08369"


@hookimpl
def mdpzoo_environments() -> list[EnvironmentSpec]:
    """Tabular environments whose difficulty is known exactly."""
    return [
        EnvironmentSpec(
            id="mdpzoo/CombinationLock-v0",
            kind="model",
            rules="mdpzoo_horizon.models.locks:combination_lock",
            summary="one right action a step for a reward at the end, any other ends the episode",
            source="the combination lock of exploration theory; pages/horizon.md derives its exact quantities",
        ),
        EnvironmentSpec(
            id="mdpzoo/RandomMDP-v0",
            kind="model",
            rules="mdpzoo_horizon.models.random_models:random_mdp",
            summary="a sparse random MDP from a seed, of any size",
            source="successors and Dirichlet probabilities from a seed; pages/horizon.md",
        ),
    ]


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """The algorithms that random exploration and a short lookahead make work."""
    return [
        AgentSpec(
            id="sqirl",
            build="mdpzoo_horizon.algorithms.sqirl_agent:SQIRL",
            summary="explores at random, regresses Q-values a few steps back, fixes one timestep after the other",
            observations=("Discrete", "Box"),
            actions=("Discrete",),
            source=SQIRL,
        ),
        AgentSpec(
            id="gorp",
            build="mdpzoo_horizon.algorithms.gorp_agent:GORP",
            summary="plans a deterministic environment's actions one by one from random rollouts",
            actions=("Discrete",),
            source=EFFECTIVE_HORIZON,
        ),
    ]


@hookimpl
def mdpzoo_commands() -> list[CommandSpec]:
    """How hard an environment is."""
    return [
        CommandSpec(
            name="horizon",
            function="mdpzoo_horizon.commands.horizon_command:horizon",
            summary="Say how far ahead an environment makes one plan, and how many samples it asks for.",
        )
    ]


@hookimpl
def mdpzoo_families() -> list[FamilySpec]:
    """The row and the pages of this family."""
    return [
        FamilySpec(
            name="horizon",
            summary="and any table: toy text, MiniGrid, BRIDGE files",
            home="plugins/mdpzoo-horizon/mdpzoo_horizon/pages/horizon.md",
            pages=("mdpzoo_horizon:pages/horizon.md", "mdpzoo_horizon:pages/sqirl.md"),
        )
    ]
