"""The specs of mdpzoo-horizon; nothing heavy is imported."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec

EFFECTIVE_HORIZON = "Laidlaw, Russell and Dragan 2023 (NeurIPS), arXiv:2304.09853"
SQIRL = "Laidlaw, Zhu, Russell and Dragan 2024 (ICLR), arXiv:2312.08369"


@hookimpl
def mdpzoo_environments() -> list[EnvironmentSpec]:
    """Tabular environments whose difficulty can be computed exactly."""
    return [
        EnvironmentSpec(
            id="mdpzoo/CombinationLock-v0",
            kind="model",
            rules="mdpzoo_horizon.models.locks:combination_lock",
            summary="one right action per step and a reward at the end; any other action ends the episode",
            source="the combination lock of exploration theory; pages/horizon.md derives its exact quantities",
            variants=({"horizon": 1}, {"horizon": 20, "num_actions": 5, "seed": 3}),
        ),
        EnvironmentSpec(
            id="mdpzoo/RandomMDP-v0",
            kind="model",
            rules="mdpzoo_horizon.models.random_models:random_mdp",
            summary="a sparse random MDP from a seed, of any size",
            source="successors and Dirichlet probabilities from a seed; pages/horizon.md",
            variants=(
                {"num_states": 1, "num_actions": 1, "branching": 1},
                {"num_states": 60, "num_actions": 3, "branching": 40, "seed": 1},  # rows too long to be scanned
                {"reward_density": 0.1, "seed": 7},
            ),
        ),
    ]


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """Algorithms that combine random exploration with a short lookahead."""
    return [
        AgentSpec(
            id="sqirl",
            build="mdpzoo_horizon.algorithms.sqirl_agent:SQIRL",
            summary="explores at random, fits Q-values a few steps back and fixes one timestep after another",
            observations=("Discrete", "Box"),
            actions=("Discrete",),
            source=SQIRL,
            search={
                "lookahead": {"low": 1, "high": 4},
                "regressor": {"choices": ["auto", "ridge"]},
                "reuse": {"choices": [True, False]},
            },
        ),
        AgentSpec(
            id="gorp",
            build="mdpzoo_horizon.algorithms.gorp_agent:GORP",
            summary="plans the actions of a deterministic environment one by one from random rollouts",
            actions=("Discrete",),
            source=EFFECTIVE_HORIZON,
        ),
    ]


@hookimpl
def mdpzoo_commands() -> list[CommandSpec]:
    """The command that analyses an environment."""
    return [
        CommandSpec(
            name="horizon",
            function="mdpzoo_horizon.commands.horizon_command:horizon",
            summary="Compute how far ahead to plan in an environment and how many samples that takes.",
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
            warm_up="mdpzoo_horizon.commands.warming:warm_up",
        )
    ]
