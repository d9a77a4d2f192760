"""The section of this family in ``mdpzoo report``: solutions of different agents for the same random instance.

Each of the best agents plays one episode, if its run saved the agent or the agent does not learn. A knapsack has no map
and is not drawn.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

import mdpzoo
from mdpzoo import registry
from mdpzoo.errors import MdpzooError
from mdpzoo.experiments.players import ready_agent
from mdpzoo.report import RunRecord, Section
from mdpzoo.report.figures.axes import path
from mdpzoo.report.figures.number_text import number
from mdpzoo.report.markup import Html, element
from mdpzoo_combinatorial.files.reading import read_instance
from mdpzoo_combinatorial.instances.generators import generate
from mdpzoo_combinatorial.problems import PROBLEMS

AGENTS = 4  # maximum number of agents, the best first
LARGEST = 200  # nodes of the largest instance that is drawn
SIDE = 300  # of a drawing's view box
SEED = 1  # of the instance and of the episode
HUES = 8
RECORDS = {record.id: record for record in PROBLEMS.values()}


def draw_solutions(runs: Sequence[RunRecord]) -> Section | None:
    """Draws solutions of up to ``AGENTS`` agents; None for a knapsack, a large instance, or if no agent can play.

    Args:
        runs: of one environment, at least one.

    Raises:
        MdpzooError: if the environment cannot be created with its settings.
    """
    from mdpzoo_combinatorial.render.animation import construct

    record, settings = RECORDS[runs[0].environment_id], dict(runs[0].environment_settings)
    env = mdpzoo.make(record.id, **settings)
    size = env.unwrapped.rules.rules.size
    if not record.ends or size > LARGEST:
        return None
    given = settings.pop("instance", None)
    instance: Any = read_instance(given) if given else generate(record.name, 1, size - record.depot, SEED)[0]
    env = mdpzoo.make(record.id, **_form(settings), instance=instance)
    solved = []
    for run in _best_runs(runs):
        try:
            made = construct(env, _player(run, env), instance, SEED)
        except MdpzooError:  # no agent was saved, or it is for another size
            continue
        solved.append((run.agent, made.solution, float(instance.objective(made.solution))))
    if not solved:
        return None
    layout = np.asarray(instance.layout(), float)
    figures = [_figure(layout, *each, record.routes) for each in solved]
    note = f"The same instance of {size} nodes, solved by the agents as trained."
    html = element("div", element("p", note, class_="note"), element("div", figures, class_="drawings"))
    solutions = [
        {"agent": agent, "objective": objective, "solution": _plain(found)} for agent, found, objective in solved
    ]
    return Section("Solutions", html, {"coordinates": layout.round(6).tolist(), "solutions": solutions})


def _form(settings: dict[str, Any]) -> dict[str, Any]:
    """Returns the settings that also apply to a fixed instance."""
    return {name: value for name, value in settings.items() if name == "form"}


def _best_runs(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """Returns the best run of each of the best agents."""
    scored = [(score, run) for run in runs if not run.failure and (score := run.score()) is not None]
    best: dict[str, RunRecord] = {}
    for _, run in sorted(scored, key=lambda pair: -pair[0]):
        best.setdefault(run.agent, run)
    return list(best.values())[:AGENTS]


def _player(run: RunRecord, env: Any) -> Any:
    """Returns the agent that a run saved, or a new one if it does not learn."""
    try:
        return ready_agent(run.path, env)
    except MdpzooError:
        if registry.agent(run.agent_id).load is not None:  # pretrained weights are not those that the run has learnt
            raise
        return ready_agent(run.agent_id, env, SEED)


def _figure(layout: np.ndarray, agent: str, solution: Any, objective: float, routed: bool) -> Html:
    points = _to_view_box(layout)
    if routed:
        lines_of = [[0, *map(int, route), 0] for route in solution if len(route)]
    else:
        nodes = [int(node) for node in solution]
        lines_of = [[*nodes, nodes[0]]] if nodes else []
    dots = [element("circle", cx=float(x), cy=float(y), r=3.0, class_="node") for x, y in points[1:]]
    start = element("rect", x=float(points[0, 0]) - 4, y=float(points[0, 1]) - 4, width=8, height=8, class_="start")
    lines = [
        element("path", d=path(*points[nodes_of].T), class_=f"curve h{place % HUES}")
        for place, nodes_of in enumerate(lines_of)
    ]
    title = f"{agent}: objective {number(objective, 4)}"
    drawing = element("svg", lines, dots, start, viewBox=f"0 0 {SIDE} {SIDE}", role="img", aria_label=title)
    return element("figure", drawing, element("figcaption", element("b", agent), f" {number(objective, 4)}"))


def _to_view_box(layout: np.ndarray) -> np.ndarray:
    """Returns positions in a view box, with north at the top and the instance's aspect ratio."""
    low, high = layout.min(0), layout.max(0)
    scale = (SIDE - 24) / max(float((high - low).max()), 1e-300)
    middle = (layout - (low + high) / 2) * scale
    return np.stack([SIDE / 2 + middle[:, 0], SIDE / 2 - middle[:, 1]], 1)


def _plain(solution: Any) -> Any:
    """Converts a solution to lists of int, for JSON."""
    if isinstance(solution, np.ndarray | np.integer):
        return solution.tolist()
    return [_plain(each) for each in solution] if isinstance(solution, list | tuple) else solution
