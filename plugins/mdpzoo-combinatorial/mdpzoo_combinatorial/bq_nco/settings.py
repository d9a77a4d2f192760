"""The settings of BQ-NCO: nested frozen records, one definition for constructor, checkpoint and command line.

    BQNCO(imitation={"tokens": 256}, search={"decoding": "beam"})
    mdpzoo train bq-nco mdpzoo/TSP-v0 --set imitation.tokens=256 --set search.decoding=beam

Each part is a record, or a mapping of some of its fields. A new setting is one field of one record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from mdpzoo.errors import SettingError
from mdpzoo.settings import Choices, Range, check_names, check_record, check_types
from mdpzoo_combinatorial.baselines.table import SOLVERS
from mdpzoo_combinatorial.bq_nco.networks.kinds import KINDS, NetworkSettings, network_settings
from mdpzoo_combinatorial.bq_nco.networks.token_network import TokenNetworkSettings
from mdpzoo_combinatorial.bq_nco.search.decodings import DECODINGS
from mdpzoo_combinatorial.bq_nco.search.task import NEIGHBOURS
from mdpzoo_combinatorial.bq_nco.training.imitation import ImitationSettings
from mdpzoo_combinatorial.bq_nco.training.improvement import ImprovementSettings
from mdpzoo_combinatorial.bq_nco.training.labels import OWN

SELF = "self"
NETWORK = ("width", "layers", "heads", "position", "relative")  # former top-level names of fields of ``network``
IMITATION = ("learning_rate", "tokens", "precision")
Part = TypeVar("Part")


@dataclass(frozen=True)
class SearchSettings:
    """The default search of ``solve``.

    Attributes:
        decoding: one of ``DECODINGS``.
        neighbours: remaining tokens that the network sees at a time, at least 0; 0: all.
    """

    decoding: Annotated[str, Choices(tuple(DECODINGS))] = "greedy"
    neighbours: Annotated[int, Range(0)] = NEIGHBOURS

    def __post_init__(self) -> None:
        """Raises SettingError if a setting is out of range; the message names the setting, its value and its range."""
        check_record(self)


@dataclass(frozen=True)
class Settings:
    """All settings of an agent.

    Attributes:
        network: kind and size of the network; ``network.kind`` is ``tokens``, ``transformer`` or ``perceiver``.
        imitation: rates and sizes of training.
        improvement: self-improvement, if the agent is its own expert.
        search: of ``solve``.
        labels: files or folders of ``write_labels`` to imitate; none: instances are solved when ``learn`` starts.
        size: nodes, customers or items of these instances; None: the environment's, at most 100, else 20.
        num_instances: number of these instances, at least 1.
        expert: solves them: ``"own"``, this package's search; ``"self"``, the agent, which imitates its own best
            solutions; or a solver of the table (``lkh`` is for non-commercial use only).
        compiled: whether ``torch.compile`` compiles training (needs a C++ compiler and takes a minute at the start).
    """

    network: NetworkSettings = field(default_factory=TokenNetworkSettings)
    imitation: ImitationSettings = field(default_factory=ImitationSettings)
    improvement: ImprovementSettings = field(default_factory=ImprovementSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    labels: str | Path | Sequence[str | Path] | None = None
    size: Annotated[int | None, Range(1)] = None
    num_instances: Annotated[int, Range(1)] = 2048
    expert: Annotated[str, Choices((OWN, SELF, *SOLVERS))] = OWN
    compiled: bool = False

    def __post_init__(self) -> None:
        """Raises SettingError if a setting is out of range; the message names the setting, its value and its range."""
        check_record(self)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Settings":
        """Returns the settings of keyword arguments, each a record or a mapping; accepts former flat names as well.

        Raises:
            SettingError: if a name is unknown (the message names the nearest), or a value has a wrong type or range.
        """
        nested = {name: value for name, value in given.items() if name not in (*NETWORK, *IMITATION)}
        check_names(nested, [*(each.name for each in fields(cls)), *NETWORK, *IMITATION], "agent 'bq-nco'")
        check_types(cls, {name: each for name, each in nested.items() if name not in PARTS}, "agent 'bq-nco'")
        flat = {part: {name: given[name] for name in names & given.keys()} for part, names in FLAT.items()}
        for part, kind in PARTS.items():
            nested[part] = _part(part, kind, nested.get(part), flat.get(part, {}))
        return cls(**nested)


FLAT = {"network": set(NETWORK), "imitation": set(IMITATION)}
PARTS: dict[str, Any] = {
    "network": NetworkSettings,
    "imitation": ImitationSettings,
    "improvement": ImprovementSettings,
    "search": SearchSettings,
}


def _part(name: str, kind: Any, given: Any, flat: Mapping[str, Any]) -> Any:
    """Returns one record, from a record, a mapping or None, and from former names."""
    if isinstance(given, get_args(kind) or kind):
        if flat:
            raise SettingError(f"{min(flat)!r} is a field of {name}; set it there")
        return given
    if name == "network" and isinstance(given, str):
        given = {"kind": given}
    if given is not None and not isinstance(given, Mapping):
        raise SettingError(f"setting {name!r} of agent 'bq-nco' must be a mapping of its fields, got {given!r:.80}")
    known = {key: each for key, each in flat.items() if each is not None}  # None meant the default
    values = {**known, **(given or {})}
    if name != "network":
        return record_of(kind, values, f"{name} of agent 'bq-nco'")
    chosen = KINDS.get(str(values.get("kind", "tokens")))
    if chosen is not None:
        check_types(chosen, {key: each for key, each in values.items() if key != "kind"}, "network of agent 'bq-nco'")
    return network_settings(**values)


def record_of(kind: type[Part], values: Mapping[str, Any], what: str) -> Part:
    """Returns a frozen record of JSON values.

    Raises:
        SettingError: if a name is unknown (the message names the nearest), or a value has a wrong type or range.
    """
    check_names(values, [each.name for each in fields(kind)], what)  # type: ignore[arg-type]
    check_types(kind, values, what)
    return kind(**values)
