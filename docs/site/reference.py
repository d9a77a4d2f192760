"""The API reference: a page for each package, with every public name documented once, where a user imports it from.

Public is what a package exports by ``__all__``; in the core also what modules without it define.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

CORE = "mdpzoo"
LEFT_OUT = ("__main__", "cli", "plugin", "commands")  # of no use from Python


def reference_pages(packages: list[str]) -> dict[str, str]:
    """Writes the pages of the reference.

    Args:
        packages: names of packages, as in ``"mdpzoo"``.

    Returns:
        Markdown by the name of the package or room.
    """
    documented: set[int] = set()
    pages: dict[str, str] = {}
    for package in packages:
        modules = list(_modules(package))
        claimed = {id(value): module.__name__ for module in modules for _, value in _exported(module)}
        for module in modules:
            names = [
                (name, value)
                for name, value in (_exported(module) or (_defined(module) if package == CORE else []))
                if claimed.get(id(value), module.__name__) == module.__name__ and id(value) not in documented
            ]
            documented.update(id(value) for _, value in names)
            if names:
                page = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
                pages.setdefault(page, f"# {page}\n")
                pages[page] += _section(module, names, page)
    return pages


def public_names(packages: list[str]) -> set[str]:
    """Every name that a package exports by ``__all__``, with its package."""
    return {
        f"{module.__name__}.{name}"
        for package in packages
        for module in _modules(package)
        for name, _ in _exported(module)
    }


def _modules(package: str) -> Iterator[ModuleType]:
    """A package and all its public modules that can be imported, the package first."""
    root = importlib.import_module(package)
    yield root
    for each in pkgutil.walk_packages(root.__path__, f"{package}."):
        if not any(part.startswith("_") or part in LEFT_OUT for part in each.name.split(".")):
            yield importlib.import_module(each.name)


def _exported(module: ModuleType) -> list[tuple[str, Any]]:
    return [(name, getattr(module, name)) for name in getattr(module, "__all__", ())]


def _defined(module: ModuleType) -> list[tuple[str, Any]]:
    """The public classes and functions that a module defines itself, in their order."""
    return [
        (name, value)
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    ]


def _section(module: ModuleType, names: list[tuple[str, Any]], page: str) -> str:
    title = "" if module.__name__ == page else f"\n## {module.__name__}\n"
    about = (inspect.getdoc(module) or "").strip()
    blocks = "\n".join(_directive(module.__name__, name, value) for name, value in names)
    return f"{title}\n{about}\n\n```{{eval-rst}}\n{blocks}```\n"


def _directive(module: str, name: str, value: Any) -> str:
    if not getattr(value, "__module__", "").partition(".")[0].startswith(CORE) or not callable(value):
        held = f"\n   One of {', '.join(f'``{each}``' for each in value)}.\n" if isinstance(value, dict) else ""
        return f".. py:data:: {module}.{name}\n{held}\n"
    if inspect.isclass(value):
        return f".. autoclass:: {module}.{name}\n   :members:\n\n"
    return f".. autofunction:: {module}.{name}\n\n"
