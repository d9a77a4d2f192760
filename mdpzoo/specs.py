"""Specs of a plugin's environments, agents and commands: frozen data, read before anything heavy is imported."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal, get_args

from mdpzoo.codes import CODE
from mdpzoo.errors import PluginError
from mdpzoo.settings import is_range, range_from

Kind = Literal["model", "game", "problem", "environment"]
KINDS = get_args(Kind)
Source = Literal["environment", "game"]
SOURCES = get_args(Source)
EVERY_AGENT = {"seed": {"low": 0}, "verbose": {"low": 0}}  # the ranges of settings that every agent takes

ENVIRONMENT_ID = re.compile(r"(?P<namespace>[A-Za-z][\w.-]*)/(?P<name>[A-Za-z][\w.-]*)-v(?P<version>\d+)")
AGENT_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
PAGE = re.compile(r"[A-Za-z_][\w.]*:[\w./-]+\.md")


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise PluginError(sentence)


def _require_code(code: Any, sentence: str, needed: bool = False) -> None:
    """Raises PluginError unless this is ``"module:attribute"``, or None where it is not needed."""
    well_formed = isinstance(code, str) and CODE.fullmatch(code) is not None
    _require(well_formed or (code is None and not needed), f"{sentence}, got {code!r}")


def _frozen(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    _require(isinstance(settings, Mapping), f"settings must be a mapping, got {settings!r}")
    try:
        json.dumps(dict(settings))
    except (TypeError, ValueError):
        raise PluginError(f"settings must be JSON values by name, got {settings!r:.80}") from None
    return MappingProxyType(dict(settings))


@dataclass(frozen=True, kw_only=True)
class EnvironmentSpec:
    """An environment before it is built.

    Attributes:
        id: ``<namespace>/Name-vN``; the version rises when a recorded number would change.
        kind: ``"model"`` (one decision maker), ``"problem"`` (one, batched on tensors), ``"game"`` (several players) or
            ``"environment"`` (a simulator that keeps a state of its own).
        rules: ``"module:attribute"``, called with the settings as keywords; builds the rules, or for the kind
            ``"environment"`` a ``gymnasium.Env`` or a ``pettingzoo.ParallelEnv``.
        summary: one line.
        settings: the defaults that differ from the constructor's own; JSON values only.
        max_episode_steps: steps after which an episode is truncated; None: only the rules end it. A parallel
            environment of the kind ``"environment"`` gets it as its ``max_cycles``.
        source: the paper, with its section.
        parallel: whether an ``"environment"`` has several players: ``rules`` builds a ``pettingzoo.ParallelEnv``.
        vector: ``"module:attribute"``, for an ``"environment"`` of one decision maker: builds a ``VectorEnv``, called
            with ``num_envs`` and the settings; None: single ones in turn.
        variants: settings with which the contract tests run the environment besides its defaults; JSON values only.
        changes: what each version from v1 on changed, a line each, as in ``"v1: the river is longer"``; oldest first.
        truth: ``"module:function"``, returns a ``mdpzoo.experiments.truths.Truth``, the known values. Called with
            the settings as keywords, and with those of ``environment`` (the id), ``rules``, ``seeds`` and ``episodes``
            (of evaluations), ``steps`` and ``max_episode_steps`` that are among its parameters. None: finite models
            are solved, of others nothing is known.
    """

    codes: ClassVar[tuple[str, ...]] = ("rules", "vector", "truth")  # the fields that name code

    id: str
    kind: Kind
    rules: str
    summary: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    max_episode_steps: int | None = None
    source: str = ""
    parallel: bool = False
    vector: str | None = None
    variants: tuple[Mapping[str, Any], ...] = ()
    changes: tuple[str, ...] = ()
    truth: str | None = None

    def __post_init__(self) -> None:
        """Checks every field.

        Raises:
            PluginError: a field breaks its rule.
        """
        match = ENVIRONMENT_ID.fullmatch(self.id) if isinstance(self.id, str) else None
        _require(match is not None, f"an environment's id must look like 'namespace/Name-v0', got {self.id!r}")
        _require(self.kind in KINDS, f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        for name in self.codes:
            _require_code(
                getattr(self, name), f"{name} of {self.id!r} must look like 'module:attribute'", needed=name == "rules"
            )
        _require(
            self.kind == "environment" or not (self.parallel or self.vector),
            f"parallel and vector of {self.id!r} are for the kind 'environment', not {self.kind!r}",
        )
        _require(
            self.max_episode_steps is None or self.max_episode_steps > 0,
            f"max_episode_steps of {self.id!r} must be positive, got {self.max_episode_steps!r}",
        )
        object.__setattr__(self, "settings", _frozen(self.settings))
        object.__setattr__(self, "variants", tuple(_frozen(each) for each in self.variants))

    @property
    def namespace(self) -> str:
        """The part before the slash."""
        return self.id.partition("/")[0]

    @property
    def several_players(self) -> bool:
        """Whether this is a game, or a parallel environment."""
        return self.kind == "game" or self.parallel


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The environment and settings with which ``mdpzoo check`` tries an agent: small, so that it takes about a second.

    Attributes:
        environment: an id, or ``"module:attribute"`` of a function that makes one; None: the first that fits.
        environment_settings: of that environment; JSON values only.
        settings: the agent's; JSON values only.
    """

    environment: str | None = None
    environment_settings: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises PluginError if settings are no JSON values by name."""
        object.__setattr__(self, "environment_settings", _frozen(self.environment_settings))
        object.__setattr__(self, "settings", _frozen(self.settings))


@dataclass(frozen=True, kw_only=True)
class AgentSpec:
    """An agent before it is built.

    Attributes:
        id: lower case with hyphens, as in ``r-bocpd-ucrl2``.
        build: ``"module:attribute"``; called as ``build(env=env, **settings)``, returns something SB3-shaped.
        summary: one line.
        observations: names of the Gymnasium spaces it observes, as in ``("Box", "Dict")``; empty: any.
        actions: names of the Gymnasium spaces it acts in; empty: any.
        observation_keys: entries that a Dict observation must have, as in ``("action_mask",)``.
        settings: the defaults that differ from the constructor's own; JSON values only.
        load: ``"module:attribute"``, called as ``load(path, env=env)``, for an agent with a file format of its own;
            the path None means the checkpoint that comes with the agent. None: the file is SB3's.
        source: the paper, with its section.
        learns_from: ``"environment"``, or ``"game"`` for an agent that trains all players of a parallel environment;
            the names of its spaces then hold for every player, and evaluations ask it for ``policy_of(player)``.
        trial: where and how ``mdpzoo check`` tries it.
        max_envs: how many environments it can learn from at once; None: any number.
        search: the space of ``mdpzoo tune`` for each setting: ``{"low": 0.01, "high": 1.0}``, with ``"log": True`` on a
            logarithmic scale, whole numbers if both ends are; or ``{"choices": [...]}``, JSON values.
        ranges: the range of each setting whose annotation in the code has none: the attributes of
            ``mdpzoo.settings.Range``, as in ``{"low": 0, "above": True}``, or ``{"choices": [...]}``, texts;
            ``mdpzoo show`` prints them, and ``make_agent`` rejects values outside. ``seed`` and ``verbose`` are
            at least 0 unless this says otherwise.
    """

    codes: ClassVar[tuple[str, ...]] = ("build", "load")  # the fields that name code

    id: str
    build: str
    summary: str
    observations: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    observation_keys: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    load: str | None = None
    source: str = ""
    learns_from: Source = "environment"
    trial: Trial = field(default_factory=Trial)
    max_envs: int | None = None
    search: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ranges: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Checks every field.

        Raises:
            PluginError: a field breaks its rule.
        """
        well_formed = isinstance(self.id, str) and AGENT_ID.fullmatch(self.id) is not None
        _require(well_formed, f"an agent's id must be lower case with hyphens, got {self.id!r}")
        for name in self.codes:
            _require_code(getattr(self, name), f"the code of agent {self.id!r} must look like 'module:attribute'")
        _require(self.build is not None, f"agent {self.id!r} must say what builds it")
        _require(
            self.learns_from in SOURCES,
            f"learns_from of agent {self.id!r} must be one of {', '.join(SOURCES)}, got {self.learns_from!r}",
        )
        _require(
            self.max_envs is None or (type(self.max_envs) is int and self.max_envs >= 1),
            f"max_envs of agent {self.id!r} must be at least 1, got {self.max_envs!r}",
        )
        object.__setattr__(self, "settings", _frozen(self.settings))
        _require(isinstance(self.trial, Trial), f"trial of agent {self.id!r} must be a Trial, got {self.trial!r:.80}")
        object.__setattr__(self, "search", _frozen(self.search))
        for name, space in self.search.items():
            _require(is_range(space), f"search of agent {self.id!r} has no range for {name!r}, got {space!r:.80}")
        object.__setattr__(self, "ranges", _frozen({**EVERY_AGENT, **_frozen(self.ranges)}))
        for name, allowed in self.ranges.items():
            try:
                range_from(allowed)
            except (AttributeError, TypeError, ValueError):
                raise PluginError(f"agent {self.id!r} has no range for {name!r}, got {allowed!r:.80}") from None


@dataclass(frozen=True, kw_only=True)
class FamilySpec:
    """The entry of a plugin in lists of families: in README's table and on the documentation site.

    Attributes:
        name: lower case with hyphens, as in ``combinatorial``.
        summary: one line on the environments, set behind their ids; may be empty.
        home: the location of further documentation, a URL, or a path from the root of this repository.
        pages: the documentation pages, ``"package:file.md"`` each, Markdown files within the plugin's package.
        warm_up: ``"module:function"``, called without arguments by ``mdpzoo warm-up``; runs everything that the
            family's commands compile once, on small inputs; None: it compiles nothing.
        report_section: ``"module:function"``, called by ``mdpzoo report`` with the runs of one of the family's
            environments, a list of ``mdpzoo.report.RunRecord``; returns a ``mdpzoo.report.Section``, or None if it has
            nothing to draw; None: the family draws nothing.
    """

    codes: ClassVar[tuple[str, ...]] = ("warm_up", "report_section")  # the fields that name code

    name: str
    summary: str = ""
    home: str = ""
    pages: tuple[str, ...] = ()
    warm_up: str | None = None
    report_section: str | None = None

    def __post_init__(self) -> None:
        """Checks every field.

        Raises:
            PluginError: if a field breaks its rule.
        """
        well_formed = isinstance(self.name, str) and AGENT_ID.fullmatch(self.name) is not None
        _require(well_formed, f"a family's name must be lower case with hyphens, got {self.name!r}")
        for hook in self.codes:
            _require_code(getattr(self, hook), f"{hook} of family {self.name!r} must look like 'module:function'")
        for page in self.pages:
            _require(
                isinstance(page, str) and PAGE.fullmatch(page) is not None,
                f"a page of family {self.name!r} must look like 'package:file.md', got {page!r}",
            )


@dataclass(frozen=True, kw_only=True)
class CommandSpec:
    """A command that a plugin adds to the ``mdpzoo`` command line.

    Attributes:
        name: the word typed after ``mdpzoo``; lower case with hyphens.
        function: ``"module:attribute"`` of a function that Typer can read; imported only when the command is typed.
        summary: one line for ``mdpzoo --help``.
    """

    codes: ClassVar[tuple[str, ...]] = ("function",)  # the fields that name code

    name: str
    function: str
    summary: str

    def __post_init__(self) -> None:
        """Checks every field.

        Raises:
            PluginError: a field breaks its rule.
        """
        well_formed = isinstance(self.name, str) and AGENT_ID.fullmatch(self.name) is not None
        _require(well_formed, f"a command's name must be lower case with hyphens, got {self.name!r}")
        sentence = f"the function of command {self.name!r} must look like 'module:attribute'"
        _require_code(self.function, sentence, needed=True)
