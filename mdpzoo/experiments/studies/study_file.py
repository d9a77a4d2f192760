"""A study as a TOML file: ``[study]``, and any number of ``[[environments]]`` and ``[[agents]]``.

The file is hostile input: any fault in it becomes a one-sentence error that names the entry.
"""

import hashlib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdpzoo.errors import SettingError
from mdpzoo.experiments.run import RANGES
from mdpzoo.settings import check_names

MOST_SEEDS = 100_000
MOST_BYTES = 10_000_000
STUDY = ("name", "seeds", "steps", "evaluation_episodes", "evaluate_every", "num_envs")
ENTRY = ("id", "name", "settings")
UNSAFE = re.compile(r"[/\\:\x00-\x1f]")  # what no folder's name should hold


@dataclass(frozen=True)
class Entry:
    """An environment or an agent of a study.

    Attributes:
        id: its id.
        settings: its settings; JSON values.
        name: its name in tables; the id, unless the file says otherwise.
        label: its folder.
        num_envs: of an agent: environments that step together; None: the study's.
    """

    id: str
    settings: Mapping[str, Any]
    name: str
    label: str
    num_envs: int | None = None


@dataclass(frozen=True)
class Study:
    """The content of a study file.

    Attributes:
        name: of the study.
        seeds: of the runs.
        steps: of each run.
        environments: the entries, in the order of the file.
        agents: the entries, in the order of the file.
        evaluation_episodes: as in ``Run``.
        evaluate_every: as in ``Run``.
        num_envs: as in ``Run``; None: the default.
        text: the file's bytes.
    """

    name: str
    seeds: tuple[int, ...]
    steps: int
    environments: tuple[Entry, ...]
    agents: tuple[Entry, ...]
    evaluation_episodes: int | None
    evaluate_every: int | None
    num_envs: int | None
    text: bytes


def read_study(path: Path) -> Study:
    """Reads a study file.

    Raises:
        SettingError: the file is missing, is no TOML, or an entry is unknown, missing or out of its range.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SettingError(f"{path.name!r} is larger than {MOST_BYTES:,} bytes, which no study is")
        text = path.read_bytes()
        content = tomllib.loads(text.decode())
    except OSError as error:
        raise SettingError(f"the study {str(path)!r} cannot be read ({error.strerror}); give a TOML file") from None
    except (ValueError, RecursionError) as error:  # no UTF-8, or no TOML
        raise SettingError(f"{path.name!r} is no TOML file: {' '.join(str(error).split()):.160}") from None
    check_names(content, ("study", "environments", "agents"), f"the file {path.name!r}")
    study = content.get("study")
    if not isinstance(study, dict):
        raise SettingError(f"{path.name!r} has no table [study] with seeds and steps")
    check_names(study, STUDY, "[study]")
    name = _text(study.get("name", path.stem), "name of [study]")
    numbers = {each: _number(study, each) for each in ("evaluation_episodes", "evaluate_every", "num_envs")}
    steps = _number(study, "steps")
    if steps is None:
        raise SettingError("[study] has no steps; say how many environment steps each run takes")
    environments = _entries(content, "environments", ENTRY)
    agents = _entries(content, "agents", (*ENTRY, "num_envs"))
    return Study(name, _seeds(study.get("seeds")), steps, environments, agents, **numbers, text=text)


def _seeds(given: Any) -> tuple[int, ...]:
    """Reads a number of seeds, from 0, or a list of them."""
    if type(given) is int and 1 <= given <= MOST_SEEDS:
        return tuple(range(given))
    least, end = RANGES["seed"]
    good = isinstance(given, list) and all(type(each) is int and least <= each < end for each in given)
    if not good or not 1 <= len(set(given)) == len(given) <= MOST_SEEDS:
        raise SettingError(
            f"seeds of [study] must be a list of different integers in [{least}, {end}), or how many; got {given!r:.80}"
        )
    return tuple(given)


def _number(table: Mapping[str, Any], name: str, where: str = "[study]") -> int | None:
    value, (least, end) = table.get(name), RANGES[name]
    if value is not None and (type(value) is not int or not least <= value < end):
        raise SettingError(f"{name} of {where} must be an integer in [{least}, {end}), got {value!r:.80}")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 100:
        raise SettingError(f"the {what} must be a text of 1 to 100 characters, got {value!r:.80}")
    return value


def _entries(content: Mapping[str, Any], kind: str, known: tuple[str, ...]) -> tuple[Entry, ...]:
    """Returns the entries of ``[[kind]]`` with their labels."""
    tables = content.get(kind)
    if not isinstance(tables, list) or not tables or not all(isinstance(each, dict) for each in tables):
        raise SettingError(f"the study names no {kind}; add a table [[{kind}]] with an id")
    for each in tables:
        check_names(each, known, f"[[{kind}]]")
        _text(each.get("id"), f"id of [[{kind}]]")
        _text(each.get("name", "-"), f"name of [[{kind}]]")
        _check_settings(each.get("settings", {}), f"settings of {each['id']!r}")
    times = Counter(each["id"] for each in tables)
    labels = [_label(each, times[each["id"]] > 1) for each in tables]
    for label, count in Counter(labels).items():
        if count > 1:
            raise SettingError(f"two [[{kind}]] are {label!r}; give one of them another name or other settings")
    return tuple(
        Entry(
            each["id"],
            each.get("settings", {}),
            each.get("name", each["id"] if times[each["id"]] == 1 else label),
            label,
            _number(each, "num_envs", f"[[{kind}]]"),
        )
        for each, label in zip(tables, labels, strict=True)
    )


def _check_settings(settings: Any, what: str) -> None:
    try:
        if not isinstance(settings, dict):
            raise TypeError("they are no table")
        json.dumps(settings, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise SettingError(f"the {what} must be a table of finite JSON values: {error!s:.100}") from None


def _label(entry: Mapping[str, Any], again: bool) -> str:
    """Returns the folder of an entry: its id and, if that is not unique, its name or a hash of its settings."""
    if again and "name" in entry:
        return _folder_name(entry["name"])
    label = _folder_name(entry["id"])
    if not again:
        return label
    text = json.dumps(entry.get("settings", {}), sort_keys=True)
    return f"{label}~{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _folder_name(text: str) -> str:
    return UNSAFE.sub("-", text).lstrip(".") or "-"
