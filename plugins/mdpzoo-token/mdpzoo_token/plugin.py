"""The specs of mdpzoo-token; nothing heavy is imported."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec, Trial

ENVIRONMENTS = "mdpzoo_token.environments"


@hookimpl
def mdpzoo_environments() -> list[EnvironmentSpec]:
    """Token tasks with exact verifiers, and a corridor with tied actions."""
    return [
        EnvironmentSpec(
            id="mdpzoo/SumTarget-v0",
            kind="problem",
            rules=f"{ENVIRONMENTS}.sum_target:SumTarget",
            summary="write six digits in three turns whose sum is the target; tens of thousands of answers",
            source="ours; the answers are counted exactly",
            variants=({"length": 4, "turn_length": 3, "vocabulary": 11},),
        ),
        EnvironmentSpec(
            id="mdpzoo/CopySort-v0",
            kind="problem",
            rules=f"{ENVIRONMENTS}.copy_sort:CopySort",
            summary="write the prompt's digits in order; one answer, the negative control",
            source="ours",
            variants=({"length": 2, "vocabulary": 10, "prompts": 3},),
        ),
        EnvironmentSpec(
            id="mdpzoo/Countdown-v0",
            kind="problem",
            rules=f"{ENVIRONMENTS}.countdown:Countdown",
            summary="write a postfix expression of the given numbers that has the target's value",
            source="ours, after the numbers game of the same name",
            variants=({"numbers": 2, "highest": 4},),
        ),
        EnvironmentSpec(
            id="mdpzoo/KeyDoor-v0",
            kind="problem",
            rules=f"{ENVIRONMENTS}.key_door:KeyDoor",
            summary="ask for each room's code and open its door, in turns of two tokens",
            source="ours",
            variants=({"rooms": 2, "vocabulary": 2, "turns": 3},),
        ),
        EnvironmentSpec(
            id="mdpzoo/MaskedDenoise-v0",
            kind="problem",
            rules=f"{ENVIRONMENTS}.masked_denoise:MaskedDenoise",
            summary="unmask a sequence of a Markov chain with forbidden transitions in a few steps",
            source="after arXiv:2508.13148",
            variants=({"source": "ring", "length": 3, "steps": 2, "remask": False},),
        ),
        EnvironmentSpec(
            id="mdpzoo/TiedActions-v0",
            kind="model",
            rules=f"{ENVIRONMENTS}.tied_corridor:tied_actions",
            summary="a corridor with an action that stands twice: the policy cliff",
            source="ours, after arXiv:2507.20150",
            variants=({"eps": 0.01}, {"rooms": 1}),
        ),
    ]


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """Group-relative policy optimisation, with strategies."""
    return [
        AgentSpec(
            id="grpo-token",
            build="mdpzoo_token.training.agent:build",
            load="mdpzoo_token.training.agent:load",
            summary="group-relative policy optimisation of a recurrent policy, with strategies of entropy control",
            observations=("MultiDiscrete",),
            actions=("Discrete",),
            source="Shao et al. 2024 (arXiv:2402.03300); the strategies' papers are in the page of the family",
            trial=Trial(
                environment="mdpzoo/SumTarget-v0",
                settings={
                    "update": {"prompts": 1, "samples": 2, "minibatches": 2},
                    "warm_start": {"steps": 2, "batch": 8},
                    "network": {"width": 4, "hidden": 8},
                },
            ),
        )
    ]


@hookimpl
def mdpzoo_commands() -> list[CommandSpec]:
    """Commands for strategies and the policy cliff."""
    return [
        CommandSpec(
            name="strategies",
            function="mdpzoo_token.commands.strategies_command:strategies",
            summary="List the strategies of grpo-token.",
        ),
        CommandSpec(
            name="cliff",
            function="mdpzoo_token.commands.cliff_command:cliff",
            summary="How much the rewards may change before a finite environment's optimal policy does.",
        ),
    ]


@hookimpl
def mdpzoo_families() -> list[FamilySpec]:
    """The row and the page of this family."""
    return [
        FamilySpec(
            name="token",
            summary="with exact verifiers, thirteen strategies of entropy control, alignment and masked denoising",
            home="plugins/mdpzoo-token/mdpzoo_token/pages/token.md",
            pages=("mdpzoo_token:pages/token.md",),
        )
    ]
