"""What mdpzoo-combinatorial brings: specs only, nothing heavy is imported."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec

BQ_NCO = "Drakulic, Michel, Mai, Sors and Andreoli 2023, BQ-NCO (NeurIPS), arXiv:2301.03313"
AGENTS = "mdpzoo_combinatorial.baselines.agents"

# id, what builds it, entries of the observation, summary, source; ``baselines/registry.py`` says what each solves
BASELINES = (
    (
        "nearest-neighbour",
        "mdpzoo_combinatorial.baselines.nearest_rule:nearest_neighbour",
        ("distance",),
        "goes to the nearest node that is legal",
        "Rosenkrantz, Stearns and Lewis 1977 (SIAM Journal on Computing 6), section 2",
    ),
    (
        "greedy-ratio",
        f"{AGENTS}:greedy_ratio",
        (),
        "takes most value for the weight, or prize for the distance (Knapsack, OP)",
        "Dantzig 1957 (Operations Research 5)",
    ),
    (
        "farthest-insertion",
        f"{AGENTS}:farthest_insertion",
        ("distance",),
        "plans by inserting the node farthest from the tour (TSP, ATSP)",
        "Rosenkrantz, Stearns and Lewis 1977 (SIAM Journal on Computing 6), section 4",
    ),
    (
        "savings",
        f"{AGENTS}:savings",
        ("demand",),
        "plans by joining the routes that save most (CVRP)",
        "Clarke and Wright 1964 (Operations Research 12)",
    ),
    (
        "two-opt",
        f"{AGENTS}:two_opt",
        ("distance",),
        "plans by local search with 2-opt, Or-opt and their kin (TSP, ATSP, CVRP, OP)",
        "Croes 1958; Or 1976; Potvin and Rousseau 1995",
    ),
    (
        "iterated-local-search",
        "mdpzoo_combinatorial.baselines.agents:iterated_local_search",
        ("distance",),
        "plans by kicks and repairs, or ruin and recreate, until its time is up (TSP, ATSP, CVRP, OP)",
        "Martin, Otto and Felten 1991; Christiaens and Vanden Berghe 2020 (Transportation Science 54)",
    ),
    (
        "dynamic-programming",
        f"{AGENTS}:dynamic_programming",
        ("value", "weight"),
        "plans the optimum, proven (Knapsack)",
        "Nemhauser and Ullmann 1969; Martello and Toth 1990, chapter 2",
    ),
    (
        "lkh",
        f"{AGENTS}:lkh",
        ("distance",),
        "plans by LKH through elkai, for non-commercial use only (TSP, ATSP; extra lkh)",
        "Helsgaun 2000 (European Journal of Operational Research 126)",
    ),
    (
        "pyvrp",
        f"{AGENTS}:pyvrp",
        ("distance",),
        "plans by PyVRP's iterated local search (TSP, ATSP, CVRP, OP; extra pyvrp)",
        "Wouda, Lan and Kool 2024 (INFORMS Journal on Computing 36)",
    ),
    (
        "ortools",
        f"{AGENTS}:ortools",
        (),
        "plans by OR-tools (all five problems; extra ortools)",
        "Perron and Furnon, OR-tools 9.15",
    ),
)


@hookimpl
def mdpzoo_environments() -> list[EnvironmentSpec]:
    """Combinatorial optimisation problems as Markov decision processes."""
    return [
        EnvironmentSpec(
            id="mdpzoo/TSP-v0",
            kind="problem",
            rules="mdpzoo_combinatorial.environments.tsp:tsp",
            summary="travelling salesman: the shortest tour, as a partial tour or as the path still to be solved",
            source=f"{BQ_NCO}, section 3",
        ),
        EnvironmentSpec(
            id="mdpzoo/ATSP-v0",
            kind="problem",
            rules="mdpzoo_combinatorial.environments.atsp:atsp",
            summary="asymmetric travelling salesman: the cheapest tour where a cost depends on the direction",
            source=f"{BQ_NCO}, section 3",
        ),
        EnvironmentSpec(
            id="mdpzoo/CVRP-v0",
            kind="problem",
            rules="mdpzoo_combinatorial.environments.cvrp:cvrp",
            summary="capacitated vehicle routing: the shortest routes that bring every customer's demand",
            source=f"{BQ_NCO}, section 3",
        ),
        EnvironmentSpec(
            id="mdpzoo/OP-v0",
            kind="problem",
            rules="mdpzoo_combinatorial.environments.orienteering:orienteering",
            summary="orienteering: the most prize on a round trip of limited length",
            source=f"{BQ_NCO}, section 3",
        ),
        EnvironmentSpec(
            id="mdpzoo/Knapsack-v0",
            kind="problem",
            rules="mdpzoo_combinatorial.environments.knapsack:knapsack",
            summary="knapsack: the most value that a capacity holds",
            source=f"{BQ_NCO}, section 3",
        ),
    ]


@hookimpl
def mdpzoo_agents() -> list[AgentSpec]:
    """BQ-NCO, and the baselines that a reader expects beside it."""
    return [
        AgentSpec(
            id="bq-nco",
            build="mdpzoo_combinatorial.bq_nco:build",
            load="mdpzoo_combinatorial.bq_nco:load",
            summary="attention over what is left to solve, trained by imitation (all five problems; comes trained)",
            observations=("Dict",),
            actions=("Discrete",),
            observation_keys=("action_mask",),
            source=BQ_NCO,
        ),
        AgentSpec(
            id="attention-ppo",
            build="mdpzoo_combinatorial.attention:attention_ppo",
            summary="MaskablePPO over attention between tokens, with a score for each (all five problems; extra ppo)",
            observations=("Dict",),
            actions=("Discrete",),
            observation_keys=("action_mask",),
            source="Kool, van Hoof and Welling 2019 (arXiv:1803.08475); Huang and Ontanon 2022 (arXiv:2006.14171)",
        ),
        *(
            AgentSpec(
                id=id,
                build=build,
                summary=summary,
                observations=("Dict",),
                actions=("Discrete",),
                observation_keys=(*keys, "action_mask"),
                source=source,
            )
            for id, build, keys, summary, source in BASELINES
        ),
    ]


@hookimpl
def mdpzoo_commands() -> list[CommandSpec]:
    """Answers for a routing file."""
    return [
        CommandSpec(
            name="solve",
            function="mdpzoo_combinatorial.commands.solve_file:solve",
            summary="Solve an instance file and print the answer.",
        ),
        CommandSpec(
            name="verify",
            function="mdpzoo_combinatorial.commands.verify_solution:verify",
            summary="Say whether a file solves an instance, and what it is worth.",
        ),
        CommandSpec(
            name="animate",
            function="mdpzoo_combinatorial.commands.animate_agent:animate",
            summary="Show how an agent constructs a solution, as a GIF.",
        ),
    ]


@hookimpl
def mdpzoo_families() -> list[FamilySpec]:
    """The row and the pages of this family."""
    return [
        FamilySpec(
            name="combinatorial",
            summary="each in a direct and a quotiented form, random or from files",
            home="plugins/mdpzoo-combinatorial/mdpzoo_combinatorial/pages/combinatorial.md",
            pages=("mdpzoo_combinatorial:pages/combinatorial.md", "mdpzoo_combinatorial:pages/bq-nco.md"),
        )
    ]
