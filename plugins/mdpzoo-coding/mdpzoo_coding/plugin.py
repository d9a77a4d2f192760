"""The specs of mdpzoo-coding; nothing heavy is imported."""

from typing import Any

from mdpzoo.hookspecs import hookimpl
from mdpzoo.interop import sb3_ranges
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec, Trial

MEME = "Sokota, Schroeder de Witt, Igl, Zintgraf, Torr, Strohmeier, Kolter, Whiteson and Foerster 2022"
MEC_B = "Ebrahimi, Chen and Khisti 2024 (NeurIPS)"
BUILDING = "mdpzoo_coding.games.building"
AGENTS = "mdpzoo_coding.agents"


@hookimpl
def mdpzoo_environments() -> list[EnvironmentSpec]:
    """The Markov coding games of the papers."""
    return [
        EnvironmentSpec(
            id="mdpzoo/CodeGrid-v0",
            kind="game",
            rules=f"{BUILDING}:code_grid_game",
            summary="walk to the far corner of a 4x4 grid and say one of many messages by the path",
            source=f"{MEME}, section 5",
            variants=({"messages": 8, "noise": 0.25}, {"size": 3, "max_steps": 4}),
        ),
        EnvironmentSpec(
            id="mdpzoo/CodeCart-v0",
            kind="environment",
            rules=f"{BUILDING}:code_cart_game",
            summary="balance CartPole's pole and send a binary image of 16x16 pixels by the pushes",
            parallel=True,
            source=f"{MEME}, section 5",
            variants=({"blocks": 2, "noise": 0.1},),
        ),
        EnvironmentSpec(
            id="mdpzoo/CodeBottleneckGrid-v0",
            kind="game",
            rules=f"{BUILDING}:bottleneck_game",
            summary="pass the gap of a slippery grid and say one of 512 messages, which the source tells bit by bit",
            source=f"{MEC_B}, experiments",
            variants=({"messages": 16, "rate": None, "max_steps": 20},),
        ),
    ]


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """Senders, for the seat that mdpzoo_coding.sender_env makes."""
    seat: dict[str, Any] = {
        "observations": ("Dict",),
        "actions": ("Discrete",),
        "observation_keys": ("message", "observation", "action", "terminal"),
    }
    trial = f"{AGENTS}.trials:sender_of_four_messages"
    return [
        AgentSpec(
            id="meme",
            build=f"{AGENTS}.coupling_agents:CouplingAgent",
            summary="sends by minimum-entropy couplings through the game's soft-optimal policy",
            source=MEME,
            trial=Trial(environment=trial),
            **seat,
        ),
        AgentSpec(
            id="mec-b",
            build=f"{AGENTS}.coupling_agents:CouplingAgent",
            summary="the same with a rate limit between the message and the sender",
            settings={"rate": 0.8},
            source=MEC_B,
            trial=Trial(environment=trial),
            **seat,
        ),
        AgentSpec(
            id="rl-perfect-receiver",
            build=f"{AGENTS}.perfect_receiver:PerfectReceiverPPO",
            summary="PPO whose reward knows what an exact Bayes receiver of its present policy would guess",
            source=f"{MEME}, section 5, the baseline",
            trial=Trial(environment=trial, settings={"n_steps": 8, "batch_size": 8}),
            ranges=sb3_ranges.PPO,
            **seat,
        ),
    ]


@hookimpl
def mdpzoo_commands() -> list[CommandSpec]:
    """The commands that send a text and receive it."""
    return [
        CommandSpec(
            name="send",
            function="mdpzoo_coding.commands.send_command:send",
            summary="Send a text through the actions of a policy.",
        ),
        CommandSpec(
            name="receive",
            function="mdpzoo_coding.commands.receive_command:receive",
            summary="Read a text out of a run that mdpzoo send has written.",
        ),
    ]


@hookimpl
def mdpzoo_families() -> list[FamilySpec]:
    """The row and the page of this family."""
    return [
        FamilySpec(
            name="coding",
            summary="and a game around any Gymnasium environment with finitely many actions",
            home="plugins/mdpzoo-coding/mdpzoo_coding/pages/coding.md",
            pages=("mdpzoo_coding:pages/coding.md",),
        )
    ]
