"""Renders the files of a new plugin from the templates beside this module, and writes all of them or none."""

import importlib.metadata
import keyword
import re
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from string import Template

from mdpzoo.errors import SettingError, did_you_mean

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SUFFIX = ".template"
ENVIRONMENT = 'env = mdpzoo.make("$id")\nobservation, info = env.reset(seed=0)'
GAME = 'game = mdpzoo.make_parallel("$id")\nobservations, infos = game.reset(seed=0)'
AGENT = 'agent = mdpzoo.make_agent("$agent", "FrozenLake-v1", seed=0).learn(10_000)'

# kind: one line on the example, what it requires, its page, and how README uses it
KINDS: Mapping[str, tuple[str, str, str, str]] = {
    "model": ("A maze on a slippery floor, for MDPZoo", "mdpzoo", "maze", ENVIRONMENT),
    "problem": ("Scheduling the jobs of one machine, for MDPZoo", "mdpzoo[torch]", "machine", ENVIRONMENT),
    "game": ("A sealed-bid auction, for MDPZoo", "mdpzoo", "auction", GAME),
    "environment": ("A heated room, for MDPZoo", "mdpzoo", "room", ENVIRONMENT),
    "agent": ("Expected SARSA, for MDPZoo", "mdpzoo[sb3]", "expected-sarsa", AGENT),
}


def check_free(name: str) -> None:
    """Checks that a plugin may have a name.

    Raises:
        SettingError: if it is malformed, reserved, or taken by a folder, a distribution or a module.
    """
    if NAME.fullmatch(name) is None:
        near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")
        hint = f" Try {near!r}." if NAME.fullmatch(near) else ""
        raise SettingError(
            f"a plugin's name must be lower case with hyphens, as in 'acme-maze'; got {name!r:.80}.{hint}"
        )
    package = name.replace("-", "_")
    if name.partition("-")[0] == "mdpzoo":
        raise SettingError(f"names that begin with 'mdpzoo' are reserved; put your own name first, not {name!r}")
    if keyword.iskeyword(package) or package in sys.stdlib_module_names:
        raise SettingError(f"{package!r} is a word of Python's; put your own name first, as in 'acme-{name}'")
    if Path(name).exists():
        raise SettingError(f"there is a file or folder {name!r} already; remove it or choose another name")
    if any(each.lower() == name for each in _distributions()) or find_spec(package) is not None:
        raise SettingError(f"{name!r} is installed already; choose another name")


def render(name: str, kind: str) -> dict[str, str]:
    """Renders a plugin.

    Args:
        name: of the distribution, checked.
        kind: ``"model"``, ``"problem"``, ``"game"``, ``"environment"`` or ``"agent"``.

    Returns:
        Texts by path within the plugin's folder.

    Raises:
        SettingError: if there is no such kind; names the nearest.
    """
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f" Known: {', '.join(KINDS)}"
        raise SettingError(f"unknown kind {kind!r:.80}.{hint}")
    words = _words(name, kind)
    found: dict[str, str] = {}
    for folder in ("shared", kind):
        for path, text in _templates(files(__package__) / folder):
            path = path.removesuffix(SUFFIX).replace("dot-", ".").replace("package/", f"{words['package']}/")
            found[path] = Template(text).substitute(words)
    return found


def write(folder: Path, texts: Mapping[str, str]) -> None:
    """Writes files into a new folder, all of them or none.

    Raises:
        OSError: if the folder cannot be written.
    """
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        for path, text in texts.items():
            target = beside / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _words(name: str, kind: str) -> dict[str, str]:
    """Returns the values of the placeholders."""
    namespace, *others = name.split("-")
    title = "".join(part.capitalize() for part in others)
    if not title[:1].isalpha():  # an id's name begins with a letter
        title = "".join(part.capitalize() for part in (namespace, *others))
    summary, requirement, page, example = KINDS[kind]
    words = {
        "distribution": name,
        "package": name.replace("-", "_"),
        "id": f"{namespace}/{title}-v0",
        "agent": name,
        "summary": summary,
        "requirement": requirement,
        "page": page,
    }
    return words | {"example": Template(example).substitute(words)}


def _templates(folder: Traversable, within: str = "") -> Iterator[tuple[str, str]]:
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.is_dir():
            yield from _templates(each, f"{within}{each.name}/")
        elif each.name.endswith(SUFFIX):
            yield f"{within}{each.name}", each.read_text(encoding="utf-8")


def _distributions() -> Iterator[str]:
    for each in importlib.metadata.distributions():
        yield str(each.metadata["Name"] or "")
