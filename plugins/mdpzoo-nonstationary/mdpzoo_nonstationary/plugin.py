"""The specs of mdpzoo-nonstationary; nothing heavy is imported."""

from typing import Any

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, EnvironmentSpec, FamilySpec

RIVER = "Strehl and Littman 2008, with change points"
GAIN = "mdpzoo_nonstationary.environments.known_gains:known_gain"
OPTIMISM: dict[str, Any] = {  # search spaces of mdpzoo tune
    "radius_scale": {"low": 0.001, "high": 1.0, "log": True},
    "explore": {"choices": [0.0, 0.001, 0.01, 0.05]},
}
OWN: dict[str, dict[str, Any]] = {
    "r-bocpd-ucrl2": {"scope": {"choices": ["global", "local"]}, "max_hypotheses": {"choices": [16, 32, 64]}},
    "sw-ucrl2": {"variation": {"low": 0.1, "high": 30.0, "log": True}},
    "restart-ucrl2": {"expected_changes": {"low": 1, "high": 64, "log": True}},
}
BUILD = "mdpzoo_nonstationary.learners.agent:TabularLearner"


@hookimpl
def mdpzoo_environments() -> list[EnvironmentSpec]:
    """Piecewise-stationary environments whose optimal gains are known exactly."""
    rivers, fast = "mdpzoo_nonstationary.environments.river_switches", {"every": 5}
    return [
        EnvironmentSpec(
            id="mdpzoo/RiverSwimSwitch-v0",
            kind="model",
            rules=f"{rivers}:river_swim_switch",
            summary="RiverSwim that turns into its mirror image at hidden change points",
            source=RIVER,
            truth=GAIN,
            variants=({"length": 3, "changes": fast}, {"changes": [3, 7], "clock": "episode"}),
        ),
        EnvironmentSpec(
            id="mdpzoo/ActionSwapSwitch-v0",
            kind="model",
            rules=f"{rivers}:action_swap_switch",
            summary="RiverSwim whose two actions exchange their labels at hidden change points",
            source=RIVER,
            truth=GAIN,
            variants=({"length": 3, "changes": {"mean": 6, "seed": 1, "until": 50}},),
        ),
        EnvironmentSpec(
            id="mdpzoo/RewardSwitch-v0",
            kind="model",
            rules=f"{rivers}:reward_switch",
            summary="RiverSwim whose rewards change sides at hidden change points, its transitions stay",
            source=RIVER,
            truth=GAIN,
            variants=({"length": 3, "changes": {"count": 4, "seed": 1, "until": 40}},),
        ),
        EnvironmentSpec(
            id="mdpzoo/RandomSwitch-v0",
            kind="model",
            rules="mdpzoo_nonstationary.environments.random_switches:random_switch",
            summary="random transitions and rewards, redrawn at hidden change points",
            source="Dirichlet kernels from a seed; pages/nonstationary.md",
            truth=GAIN,
            variants=({"states": 3, "actions": 2, "segments": 3, "changes": fast},),
        ),
        EnvironmentSpec(
            id="mdpzoo/GridSwitch-v0",
            kind="model",
            rules="mdpzoo_nonstationary.environments.grid_switches:grid_switch",
            summary="a slippery grid whose door and goal move at hidden change points",
            source="pages/nonstationary.md",
            truth=GAIN,
            variants=({"size": 3, "changes": fast},),
        ),
        *_drifting(),
    ]


def _drifting() -> list[EnvironmentSpec]:
    """Ordinary environments whose physical parameters move."""
    module = "mdpzoo_nonstationary.drift.registered"
    sway = {"kind": "sinus", "amplitude": 0.5, "period": 20}
    return [
        EnvironmentSpec(
            id="mdpzoo/DriftingCartPole-v0",
            kind="environment",
            rules=f"{module}:drifting_cart_pole",
            summary="CartPole whose pole, masses, force or gravity change while an agent learns",
            max_episode_steps=500,
            source="CartPole-v1 of Gymnasium, with schedules",
            variants=({"schedules": {"pole_length": sway, "force": sway}, "notify": "value"},),
        ),
        EnvironmentSpec(
            id="mdpzoo/DriftingPendulum-v0",
            kind="environment",
            rules=f"{module}:drifting_pendulum",
            summary="Pendulum whose gravity, mass or length changes while an agent learns",
            max_episode_steps=200,
            source="Pendulum-v1 of Gymnasium, with schedules",
            variants=({"schedules": {"mass": sway}, "clock": "episode"},),
        ),
    ]


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """Tabular learners for average reward, with and without restarts."""
    restarting, window = "Alami, Mahfoud and Moulines 2023, arXiv:2304.00232", "Cheung, Simchi-Levi and Zhu 2020"
    ucrl2 = "Jaksch, Ortner and Auer 2010"
    return [
        AgentSpec(
            id=id,
            build=BUILD,
            summary=summary,
            observations=("Discrete",),
            actions=("Discrete",),
            settings={"algorithm": id},
            source=source,
            max_envs=1,
            search=OPTIMISM | OWN.get(id, {}),
        )
        for id, summary, source in (
            ("r-bocpd-ucrl2", "UCRL2 that forgets when a Bayesian detector finds a change", restarting),
            ("ucrl2", "optimism in L1 balls around the estimated transitions", ucrl2),
            ("ucrl2b", "UCRL2 with empirical Bernstein bounds for each transition", "Fruit, Pirotta and Lazaric 2020"),
            ("kl-ucrl", "UCRL2 with Kullback-Leibler balls", "Filippi, Cappe and Garivier 2010"),
            ("ucrl3", "UCRL2 with time-uniform bounds for each transition", "Bourel, Maillard and Talebi 2020"),
            ("psrl", "plans for a model drawn from the posterior", "Osband, Russo and Van Roy 2013"),
            ("sw-ucrl2", "UCRL2 on a sliding window, with confidence widening", window),
            ("borl", "a bandit over sliding windows and widenings", window),
            ("restart-ucrl2", "UCRL2 restarted by a schedule", f"{ucrl2}, section 6"),
            ("oracle-restart", "UCRL2 restarted at each true change: a reference", f"{ucrl2}, with an oracle"),
        )
    ] + [
        AgentSpec(
            id="optimal",
            build="mdpzoo_nonstationary.learners.optimal_agent:optimal",
            summary="the optimal policy of a finite task, or of each segment of one that changes: a reference",
            observations=("Discrete",),
            actions=("Discrete",),
            source="Puterman 1994, chapters 4 and 8",
            max_envs=1,
        )
    ]


@hookimpl
def mdpzoo_families() -> list[FamilySpec]:
    """The row and the page of this family."""
    return [
        FamilySpec(
            name="nonstationary",
            summary="and parameter drift for any Gymnasium environment",
            home="plugins/mdpzoo-nonstationary/mdpzoo_nonstationary/pages/nonstationary.md",
            pages=("mdpzoo_nonstationary:pages/nonstationary.md",),
            warm_up="mdpzoo_nonstationary.warming:warm_up",
        )
    ]
