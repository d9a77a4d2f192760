"""Environments from outside the plugins: anything that Gymnasium or PettingZoo can make, checked as simulators."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium
import pettingzoo

import mdpzoo
from mdpzoo.checks.subject import NotApplicable, Subject
from mdpzoo.errors import SettingError, UnknownNameError

REGISTRIES = {"parallel": pettingzoo.parallel_registry, "aec": pettingzoo.aec_registry}
FUNCTIONS = {"parallel": "parallel_env", "aec": "env"}  # their names in PettingZoo's modules


@dataclass(frozen=True)
class ForeignEnvironment(Subject):
    """An id registered with Gymnasium, at the latest when the package before the colon is imported."""

    def make_vec(self, rows: int, **more: Any) -> Any:
        """Makes single environments that step in turn; a custom vector class need not draw the same random numbers."""
        return mdpzoo.make_vec(self.id, rows, vectorization_mode="sync", **self.settings, **more)


@dataclass(frozen=True)
class ForeignGame(Subject):
    """An id of PettingZoo's, or a module with ``env`` or ``parallel_env``, as in ``pettingzoo.classic.rps_v2``."""

    @property
    def several_players(self) -> bool:
        """Whether this is a game: it is."""
        return True

    def make_parallel(self, **more: Any) -> Any:
        """Makes the parallel environment.

        Raises:
            NotApplicable: if the players act in turn only.
        """
        made = self._make("parallel", more)
        if made is None:
            raise NotApplicable("its players act in turn: it has no parallel environment")
        return made

    def make_aec(self, **more: Any) -> Any:
        """Makes the environment whose players act in turn.

        Raises:
            NotApplicable: if the players act at the same time only.
        """
        made = self._make("aec", more)
        if made is None:
            raise NotApplicable("its players act at the same time: it has no turn-based environment")
        return made

    def seat(self, player: str, others: Any, **more: Any) -> Any:
        """Makes one player's seat; the arguments are those of ``mdpzoo.seat``."""
        self.make_parallel().close()
        return mdpzoo.seat(self.make_parallel, player, others, **more)

    def try_settings(self) -> None:
        """Makes the game once.

        Raises:
            SettingError: if it cannot be made with its settings.
        """
        try:
            if self._make("aec", {}) is None:
                self._make("parallel", {})
        except TypeError as error:
            raise SettingError(f"{self.id} refuses these settings: {error}") from error

    def _make(self, face: str, more: Mapping[str, Any]) -> Any:
        if self.id in REGISTRIES[face]:
            return pettingzoo.make(face, self.id, **self.settings, **more)
        function = getattr(_module(self.id), FUNCTIONS[face], None)
        return None if function is None else function(**self.settings, **more)


def foreign_subject(name: str, settings: Mapping[str, Any]) -> Subject | None:
    """Returns the environment that a name denotes in Gymnasium or PettingZoo; None if neither knows it.

    Raises:
        UnknownNameError: if it names a package that cannot be imported, or an id that its package does not register.
    """
    if ":" in name:
        return _registered_by_import(name, settings)
    if name in gymnasium.registry:
        return ForeignEnvironment(name, settings)
    if any(name in registered for registered in REGISTRIES.values()):
        return ForeignGame(name, settings)
    parts = name.split(".")
    if len(parts) < 2 or not all(part.isidentifier() for part in parts):
        return None
    module = _module(name)
    if not any(isinstance(getattr(module, each, None), Callable) for each in FUNCTIONS.values()):  # type: ignore[arg-type]
        raise UnknownNameError(f"the module {name!r} has neither env nor parallel_env, as PettingZoo's games have")
    return ForeignGame(name, settings)


def _registered_by_import(name: str, settings: Mapping[str, Any]) -> Subject:
    package, _, id = name.partition(":")
    _module(package)
    if id in gymnasium.registry:
        return ForeignEnvironment(name, settings)
    if any(id in registered for registered in REGISTRIES.values()):
        return ForeignGame(id, settings)
    raise UnknownNameError(f"importing {package!r} registers no environment {id!r} with Gymnasium or PettingZoo")


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UnknownNameError(f"the module of {name!r} cannot be imported: {error}") from error
