"""What mdpzoo-combinatorial brings: specs only, nothing heavy is imported."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec

BQ_NCO = "Drakulic, Michel, Mai, Sors and Andreoli 2023, BQ-NCO (NeurIPS), arXiv:2301.03313"


@hookimpl
def mdpzoo_environments() -> list[EnvironmentSpec]:
    """Combinatorial optimisation problems as Markov decision processes."""
    return [
        EnvironmentSpec(
            id="mdpzoo/TSP-v0",
            kind="problem",
            rules="mdpzoo_combinatorial.tsp:tsp",
            summary="travelling salesman: the shortest tour, as a partial tour or as the path still to be solved",
            source=f"{BQ_NCO}, section 3",
        ),
    ]


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """BQ-NCO, and the baseline that a reader expects beside it."""
    return [
        AgentSpec(
            id="bq-nco",
            build="mdpzoo_combinatorial.bq_nco:build",
            load="mdpzoo_combinatorial.bq_nco:load",
            summary="attention over the path still to be solved, trained by imitation of near-optimal tours",
            observations=("Dict",),
            actions=("Discrete",),
            observation_keys=("coordinates", "action_mask"),
            source=BQ_NCO,
        ),
        AgentSpec(
            id="nearest-neighbour",
            build="mdpzoo_combinatorial.nearest_neighbour:nearest_neighbour",
            summary="goes to the nearest node that is legal",
            observations=("Dict",),
            actions=("Discrete",),
            observation_keys=("distance", "action_mask"),
            source="Rosenkrantz, Stearns and Lewis 1977 (SIAM Journal on Computing 6), section 2",
        ),
    ]


@hookimpl
def mdpzoo_commands() -> list[CommandSpec]:
    """Answers for a routing file."""
    return [
        CommandSpec(
            name="solve",
            function="mdpzoo_combinatorial.solve:solve",
            summary="Solve an instance file and print the answer.",
        ),
    ]
