"""The specs of mdpzoo-adversarial; nothing heavy is imported."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec

GAMES, CONTROL = "mdpzoo_adversarial.games", "mdpzoo_adversarial.control"
VALUE = f"{GAMES}.known_values:known_value"
MUJOCO = {  # robot: the adversary's grip in its summary, and the time limit
    "InvertedPendulum": ("the pole", 1000),
    "Hopper": ("the foot", 1000),
    "HalfCheetah": ("the torso and both feet", 1000),
    "Walker2d": ("both feet", 1000),
    "Ant": ("the torso", 1000),
    "Swimmer": ("the front body", 1000),
}


@hookimpl
def mdpzoo_environments() -> list[EnvironmentSpec]:
    """Exact zero-sum games, and control tasks with an adversary."""
    return [*_exact_games(), *_continuous_games(), *_robots()]


def _exact_games() -> list[EnvironmentSpec]:
    return [
        EnvironmentSpec(
            id="mdpzoo/ZeroSumMatrix-v0",
            kind="game",
            rules=f"{GAMES}.matrix_rounds:zero_sum_matrix",
            summary="a zero-sum matrix game by name, again and again",
            max_episode_steps=25,
            source="von Neumann and Morgenstern 1944",
            truth=VALUE,
            variants=({"payoffs": "unused-row"}, {"payoffs": "blotto"}),
        ),
        EnvironmentSpec(
            id="mdpzoo/MarkovSoccer-v0",
            kind="game",
            rules=f"{GAMES}.soccer:markov_soccer",
            summary="two players, one ball, moves in random order",
            max_episode_steps=100,
            source="Littman 1994",
            truth=VALUE,
        ),
        EnvironmentSpec(
            id="mdpzoo/PursuitEvasion-v0",
            kind="game",
            rules=f"{GAMES}.pursuit:pursuit_evasion",
            summary="pursuit on a grid; the evader's moves sometimes fail",
            max_episode_steps=100,
            source="pages/adversarial.md",
            truth=VALUE,
            variants=({"size": 2, "slip": 0.5},),
        ),
        EnvironmentSpec(
            id="mdpzoo/RobustNavigation-v0",
            kind="game",
            rules=f"{GAMES}.navigation:robust_navigation",
            summary="a grid with pits where wind sometimes moves the walker as the adversary likes",
            max_episode_steps=100,
            source="Tessler, Efroni and Mannor 2019",
            truth=VALUE,
            variants=({"layout": ["S#G", ".P."], "wind": 0.4},),
        ),
    ]


def _continuous_games() -> list[EnvironmentSpec]:
    return [
        EnvironmentSpec(
            id="mdpzoo/AdversarialLQ-v0",
            kind="game",
            rules=f"{GAMES}.linear_quadratic:adversarial_lq",
            summary="linear dynamics and quadratic costs, with an equilibrium in closed form at any temperatures",
            max_episode_steps=25,
            source="Basar and Bernhard 1995",
            truth=VALUE,
            variants=(
                {
                    "A": [[1.0, 0.1], [0.0, 1.0]],
                    "B": [[0.0], [0.1]],
                    "D": [[0.1, 0.0], [0.0, 0.1]],
                    "Q": [[1.0, 0.0], [0.0, 1.0]],
                    "S": [[4.0, 0.0], [0.0, 4.0]],
                },
            ),
        ),
        EnvironmentSpec(
            id="mdpzoo/AdversarialCartPole-v0",
            kind="game",
            rules=f"{CONTROL}.cart_game:adversarial_cart_pole",
            summary="balance a pole on a cart while an adversary pulls at it",
            max_episode_steps=500,
            source="Barto, Sutton and Anderson 1983, with a second force",
            variants=({"pole_mass": 0.5, "adversary_force": 0.5},),
        ),
    ]


def _robots() -> list[EnvironmentSpec]:
    games = [
        EnvironmentSpec(
            id=f"mdpzoo/Adversarial{name}-v0",
            kind="environment",
            parallel=True,
            rules=f"{CONTROL}.mujoco_games:adversarial_robot",
            settings={"robot": name},
            summary=f"Gymnasium's {name} with an adversary that pulls at {grip} (needs MuJoCo)",
            max_episode_steps=limit,
            source=f"Pinto et al. 2017; {name}-v5 of Gymnasium",
        )
        for name, (grip, limit) in MUJOCO.items()
    ]
    perturbed = EnvironmentSpec(
        id="mdpzoo/RobustMuJoCo-v0",
        kind="environment",
        rules=f"{CONTROL}.perturbed_robots:robust_mujoco",
        summary="a MuJoCo robot of Gymnasium with other masses, friction, gravity or actuators (needs MuJoCo)",
        max_episode_steps=1000,
        source="the environments of Gymnasium, version 5",
        variants=({"robot": "Hopper", "parameters": {"mass:torso": 1.5, "friction": 0.5}},),
    )
    return [*games, perturbed]


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """Learners of two-player games; each trains both players."""
    return [
        AgentSpec(
            id=id,
            build=f"mdpzoo_adversarial.agents.designs:{id.replace('-', '_')}",
            summary=summary,
            observations=("Box",),
            actions=("Box",),
            source=source,
            learns_from="game",
        )
        for id, summary, source in (
            ("qarl", "SAC against an adversary whose temperature falls along a curriculum", "Reddi et al. 2024 (ICLR)"),
            ("rarl", "SAC against an adversary that learns in turn", "Pinto et al. 2017, with SAC"),
            ("maximin", "SAC against a pool of earlier adversaries, and the reverse", "pages/adversarial.md"),
            (
                "unopposed-sac",
                "SAC for the protagonist alone, a baseline",
                "Haarnoja et al. 2018",
            ),
        )
    ]


@hookimpl
def mdpzoo_commands() -> list[CommandSpec]:
    """The command that judges a trained controller."""
    return [
        CommandSpec(
            name="robustness",
            function="mdpzoo_adversarial.commands.robustness_command:robustness",
            summary="Play a trained controller over a grid of parameters, and against a fresh adversary.",
        )
    ]


@hookimpl
def mdpzoo_families() -> list[FamilySpec]:
    """The row and the page of this family."""
    return [
        FamilySpec(
            name="adversarial",
            summary="zero-sum games with exact equilibria, and robust control against bounded-rational adversaries",
            home="plugins/mdpzoo-adversarial/mdpzoo_adversarial/pages/adversarial.md",
            pages=("mdpzoo_adversarial:pages/adversarial.md",),
        )
    ]
