"""A page for each agent: what it is, what it plays, its settings, what differs from its paper, and its source."""

from contextlib import suppress
from importlib.metadata import version

import docstrings
import tables

from mdpzoo import registry
from mdpzoo.cli.settings_table import settings_rows
from mdpzoo.codes import CODE, load
from mdpzoo.errors import SettingError
from mdpzoo.specs import AgentSpec

FIRST = (  # environments that are tried before others
    "mdpzoo/RiverSwim-v0",
    "mdpzoo/TiltedPendulum-v0",
    "mdpzoo/TSP-v0",
    "mdpzoo/AdversarialCartPole-v0",
    "mdpzoo/RiverSwimSwitch-v0",
)


def agent_page(spec: AgentSpec) -> str:
    """Writes the page of an agent."""
    built = load(spec.build)
    told = docstrings.sections(built)
    parts = [f"# {spec.id}", f"{spec.summary[:1].upper()}{spec.summary[1:]}.", tables.facts(_facts(spec))]
    parts.append(f"```python\n{_use(spec)}\n```")
    parts += ["## Algorithm", *_algorithm(spec, built, told[""])]
    parts += ["## Settings", tables.settings(settings_rows(spec.build, spec.settings, spec.ranges))]
    if spec.source:
        parts += ["## Source", tables.linked(spec.source)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _algorithm(spec: AgentSpec, built: object, text: str) -> list[str]:
    """What its module says of it, unless other agents share the module, and a link to the page of its family."""
    module = getattr(built, "__module__", "")
    ours = module.partition(".")[0] in {each.build.partition(".")[0] for each in registry.agents().values()}
    alone = sum(getattr(load(each.build), "__module__", "") == module for each in registry.agents().values()) == 1
    parts = [docstrings.module_text(built)] if ours and alone else []
    parts += [docstrings.rules_text(text)] if ours and alone else []
    if (family := tables.family_of(spec.id)) and family.pages:
        parts.append(f"The page of its family, {tables.family_link(family)}, says how it was measured.")
    return [part for part in parts if part]


def _facts(spec: AgentSpec) -> dict[str, str]:
    distribution = registry.owner(spec.id)
    learns = {"environment": "an environment", "game": "a game, all players"}.get(spec.learns_from, spec.learns_from)
    return {
        "id": f"`{spec.id}`",
        "learns from": learns,
        "observations": ", ".join(spec.observations) or "any",
        "actions": ", ".join(spec.actions) or "any",
        "needs in the observation": ", ".join(f"`{key}`" for key in spec.observation_keys),
        "pretrained": "yes" if spec.load is not None and "pretrained" in spec.summary else "",
        "plugin": f"`{distribution}` {version(distribution)}",
    }


def _use(spec: AgentSpec) -> str:
    """Code that makes the agent in an environment that it takes: of its own plugin, else of anybody's.

    Raises:
        LookupError: if it takes none.
    """
    home, of_games = registry.owner(spec.id), spec.learns_from == "game"
    kind = [each.id for each in registry.environments().values() if each.several_players == of_games]
    known = [spec.trial.environment or "", *FIRST, *kind]
    for place in sorted(kind, key=lambda id: (id != known[0], registry.owner(id) != home, known.index(id))):
        code = _code(spec, place)
        with suppress(SettingError, ImportError):
            exec(code, {})
            return code
    raise LookupError(f"no installed environment fits agent {spec.id!r}")


def _code(spec: AgentSpec, place: str) -> str:
    """Code that makes the agent in an environment, or in the place where ``mdpzoo check`` tries it."""
    made = f"agent = mdpzoo.make_agent({spec.id!r}, envs, seed=0)"
    if CODE.fullmatch(spec.trial.environment or ""):
        module, _, name = str(spec.trial.environment).partition(":")
        return f"import mdpzoo\nfrom {module} import {name}\n\nenvs = {name}()\n{made}"
    if spec.learns_from == "game":
        return f"import mdpzoo\n\ngame = mdpzoo.make_parallel({place!r})\n{made.replace('envs', 'game')}"
    return f"import mdpzoo\n\nenvs = mdpzoo.make_sb3({place!r}, {min(spec.max_envs or 8, 8)})\n{made}"
