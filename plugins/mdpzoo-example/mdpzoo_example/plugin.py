"""The specs of this plugin: data only, read before anything heavy is imported."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, EnvironmentSpec, FamilySpec


@hookimpl
def mdpzoo_environments() -> list[EnvironmentSpec]:
    """One environment of each kind but the batched problem."""
    return [
        EnvironmentSpec(
            id="mdpzoo/RiverSwim-v0",
            kind="model",
            rules="mdpzoo_example.rivers:river_swim",
            summary="swim against the current to the large reward, or drift to the small one",
            max_episode_steps=200,
            source="Strehl and Littman 2008; numbers of Osband, Van Roy and Russo 2013, figure 1",
        ),
        EnvironmentSpec(
            id="mdpzoo/TidalSwim-v0",
            kind="model",
            rules="mdpzoo_example.tidal_swim:TidalSwim",
            summary="RiverSwim whose current and rewards change sides with a hidden tide that no reset stops",
            max_episode_steps=200,
            source="Strehl and Littman 2008, with a clock",
            variants=({"length": 3, "period": 5},),
        ),
        EnvironmentSpec(
            id="mdpzoo/TiltedPendulum-v0",
            kind="environment",
            rules="mdpzoo_example.pendulums:tilted_pendulum",
            summary="Gymnasium's InvertedPendulum on a rail that is not level (needs MuJoCo)",
            max_episode_steps=1000,
            source="Barto, Sutton and Anderson 1983; InvertedPendulum-v5 of Gymnasium",
        ),
        EnvironmentSpec(
            id="mdpzoo/MatrixGame-v0",
            kind="game",
            rules="mdpzoo_example.matrix_game:MatrixGame",
            summary="two players choose at once, again and again; each sees what both chose last",
            max_episode_steps=25,
            source="von Neumann and Morgenstern 1944, chapter 3; Luce and Raiffa 1957, chapter 5",
            variants=({"payoffs": "rock-paper-scissors"},),
        ),
    ]


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """One agent."""
    return [
        AgentSpec(
            id="q-learning",
            build="mdpzoo_example.q_learning:QLearning",
            summary="tabular Q-learning with epsilon-greedy exploration",
            observations=("Discrete",),
            actions=("Discrete",),
            source="Watkins and Dayan 1992",
            search={
                "learning_rate": {"low": 0.01, "high": 1.0, "log": True},
                "discount": {"choices": [0.9, 0.95, 0.99, 0.995, 0.999]},
                "epsilon": {"choices": [[1.0, 0.05], [0.5, 0.01], [0.2, 0.01], [0.1, 0.1], [0.0, 0.0]]},
                "initial_value": {"choices": [0.0, 1.0, 10.0, 100.0]},
            },
        )
    ]


@hookimpl
def mdpzoo_families() -> list[FamilySpec]:
    """The row and the pages of this family."""
    return [
        FamilySpec(
            name="tutorial",
            home="docs/write-a-plugin.md",
        )
    ]
