"""A page for each environment: picture, rules, spaces, rewards, ends, settings, truth, history and source."""

import html
from importlib.metadata import version
from typing import Any, NamedTuple

import docstrings
import tables

import mdpzoo
from mdpzoo import registry
from mdpzoo.cli.settings_table import settings_rows
from mdpzoo.codes import load
from mdpzoo.specs import EnvironmentSpec

MISSING = "The docstring of the rules has no section `{}`"


def title_of(id: str) -> str:
    """An environment's title: ``TSP`` for ``mdpzoo/TSP-v0``."""
    return id.partition("/")[2].rpartition("-v")[0]


class Picture(NamedTuple):
    """A picture of an environment.

    Attributes:
        path: seen from the root of the site.
        caption: what it shows, a sentence; may be empty.
    """

    path: str
    caption: str


def environment_page(spec: EnvironmentSpec, picture: Picture, truth: str) -> str:
    """Writes the page of an environment.

    Args:
        spec: the environment.
        picture: of it.
        truth: what is known exactly of it, in Markdown.

    Raises:
        ValueError: if the docstring of the rules does not say what the rewards are or how an episode ends.
    """
    rules = load(spec.rules)
    told = docstrings.sections(rules)
    for name in ("Rewards", "Ends"):
        if not told.get(name):
            raise ValueError(f"{spec.rules}: {MISSING.format(name)}")
    parts = [f"# {title_of(spec.id)}", f"{spec.summary[:1].upper()}{spec.summary[1:]}."]
    parts.append(f"![{html.escape(spec.summary)}](../{picture.path})")
    if picture.caption:
        parts.append(f"*{picture.caption}*")
    parts += [tables.facts(_facts(spec)), f"```python\n{_use(spec)}\n```"]
    about = docstrings.module_text(rules), docstrings.rules_text(told[""])
    parts += ["## Rules", *[text for text in about if text]]
    parts += ["## Spaces", tables.rows(("", "observations", "actions"), _spaces(spec))]
    parts += ["## Rewards", told["Rewards"], "## Ends of an episode", _ends(spec, told["Ends"])]
    parts += [
        "## Settings",
        tables.settings(settings_rows(spec.rules, spec.settings)),
        "## Truth",
        truth,
        "## Versions",
        _history(spec),
    ]
    if spec.source:
        parts += ["## Source", tables.linked(spec.source)]
    return "\n\n".join(parts) + "\n"


def _facts(spec: EnvironmentSpec) -> dict[str, str]:
    distribution, family = registry.owner(spec.id), tables.family_of(spec.id)
    return {
        "id": f"`{spec.id}`",
        "kind": f"[{spec.kind}](../concepts.md)",
        "family": tables.family_link(family) if family else "",
        "plugin": f"`{distribution}` {version(distribution)}",
    }


def _use(spec: EnvironmentSpec) -> str:
    maker = "make_parallel" if spec.several_players else "make"
    seeded = 'env = mdpzoo.{}("{}")\nobservation{}, info{} = env.reset(seed=0)'
    s = "s" if spec.several_players else ""
    return "import mdpzoo\n\n" + seeded.format(maker, spec.id, s, s)


def _spaces(spec: EnvironmentSpec) -> list[tuple[str, str, str]]:
    if not spec.several_players:
        env = mdpzoo.make(spec.id)
        return [("the agent", _space(env.observation_space), _space(env.action_space))]
    game = mdpzoo.make_parallel(spec.id)
    return [
        (f"`{each}`", _space(game.observation_space(each)), _space(game.action_space(each)))
        for each in game.possible_agents
    ]


def _space(space: Any) -> str:
    """A space in a cell; the entries of a Dict stand on lines of their own."""
    if hasattr(space, "spaces") and isinstance(getattr(space, "spaces", None), dict):
        return "<br>".join(f"`{name}`: {_space(each)}" for name, each in space.spaces.items())
    return f"`{' '.join(str(space).split())}`"


def _ends(spec: EnvironmentSpec, told: str) -> str:
    if spec.max_episode_steps is None:
        return f"{told}\n\nIt is not truncated unless `max_episode_steps` is given."
    return f"{told}\n\nIt is truncated after {spec.max_episode_steps:,} steps unless `max_episode_steps` is given."


def _history(spec: EnvironmentSpec) -> str:
    lines = ["v0: the first version.", *spec.changes]
    return "\n".join(f"- {line}" for line in reversed(lines))
