"""Code named by strings, ``"module:attribute"``, imported when needed; and files within packages."""

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mdpzoo.settings import check_names, check_types

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

CODE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def load(code: str) -> Any:
    """Imports the object that ``"module:attribute"`` names.

    Raises:
        ImportError: there is no such module.
        AttributeError: the module has no such attribute.
    """
    module, _, attribute = code.partition(":")
    return getattr(importlib.import_module(module), attribute)


def packaged_file(place: str) -> "Traversable":
    """Returns the file that ``"package:path"`` names, which need not exist.

    Raises:
        ImportError: there is no such package.
    """
    from importlib.resources import files

    package, _, path = place.partition(":")
    return files(package).joinpath(path)


def lazily(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Returns ``__getattr__`` and ``__dir__`` for a package whose names are imported on first use.

    Listing the contents of a plugin imports its package, which must therefore not import anything heavy at the top.

    Args:
        package: its ``__name__``.
        homes: the module within the package, by name.
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return load(f"{package}.{homes[name]}:{name}")

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return find, names


def build(code: str, settings: Mapping[str, Any], what: str = "") -> Any:
    """Imports the object that ``"module:attribute"`` names and calls it with settings as keywords.

    Args:
        code: what to call.
        settings: its arguments.
        what: the owner of the settings, for the error.

    Raises:
        SettingError: there is no such setting (names the nearest), or it has the wrong type.
    """
    function = load(code)
    known = inspect.signature(function).parameters
    if not any(each.kind is each.VAR_KEYWORD for each in known.values()):
        check_names(settings, known, what or code.partition(":")[2])
    check_types(function, settings, what or code.partition(":")[2])
    return function(**settings)
