"""The provenance of a run: Python, the machine and the versions of the zoo, its plugins and their dependencies."""

import functools
import importlib.metadata
import platform
import re
from collections.abc import Iterable
from typing import Any

from mdpzoo import registry

ALWAYS = ("mdpzoo", "torch", "stable-baselines3", "sb3-contrib", "scipy", "mujoco", "ray", "optuna")


@functools.cache
def versions() -> dict[str, Any]:
    """Returns ``python``, ``platform``, ``cpu`` and ``packages`` (version by distribution), read once a process."""
    roots = {*ALWAYS, *(status.distribution for status in registry.plugins())}
    packages = dict(sorted(_with_dependencies(roots).items()))
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "packages": packages,
    }


def _with_dependencies(names: Iterable[str]) -> dict[str, str]:
    """Returns the versions of the given distributions and their direct requirements, as far as installed."""
    found: dict[str, str] = {}
    for name in names:
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found[name] = distribution.version
        for requirement in distribution.requires or () if name.startswith("mdpzoo") else ():
            needed = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower()
            if needed not in found and "extra ==" not in requirement:
                try:
                    found[needed] = importlib.metadata.version(needed)
                except importlib.metadata.PackageNotFoundError:
                    continue
    return found


def _cpu() -> str:
    """Returns the processor's name; Python knows it on few systems, Linux has it in a file."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
