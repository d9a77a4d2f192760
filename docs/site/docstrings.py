"""Docstrings of rules and agents, taken apart into the sections that a page shows."""

import inspect
import re
from typing import Any

SECTION = re.compile(r"^([A-Z][a-z]+):[ ]*(.*)$")
NAMES = ("Args", "Example", "Attributes", "Rewards", "Ends", "Raises", "Returns", "Yields", "Source", "Costs")
OPENING = re.compile(r"^Builds [^.:;]*(?:[.:;]\s*|$)", re.DOTALL)


def sections(documented: Any) -> dict[str, str]:
    """Returns the sections of a docstring by name, each as Markdown; ``""`` is what stands before the first of them.

    Args:
        documented: a function or class with a docstring in Google's style; what a class does not say, its constructor
            may.
    """
    if isinstance(documented, type):
        return _sections(documented.__init__) | _sections(documented)  # type: ignore[misc]
    return _sections(documented)


def _sections(documented: Any) -> dict[str, str]:
    found, name = {"": ""}, ""
    for line in (inspect.getdoc(documented) or "").splitlines():
        match = SECTION.match(line)
        if match and match[1] in NAMES:
            name = match[1]
            found[name] = f"{match[2]}\n"
        else:
            found[name] += f"{line[4:] if name and line.startswith('    ') else line}\n"
    return {name: text.strip() for name, text in found.items()}


def rules_text(text: str) -> str:
    """What the docstring of a builder says of the rules, without the sentence that says that it builds them."""
    first, _, rest = text.partition("\n\n")
    opening = OPENING.sub("", first, count=1).strip()
    return "\n\n".join(part for part in (opening[:1].upper() + opening[1:], rest) if part)


def module_text(documented: Any) -> str:
    """The docstring of the module in which something is defined, without its first line's full stop doubled."""
    module = inspect.getmodule(documented)
    return inspect.getdoc(module) or ""
