"""Named fields for the scalars of a compiled search."""

from functools import cache
from typing import Any

import numpy as np


def record(fields: np.dtype[np.void], **values: float) -> Any:
    """Returns a record whose fields are attributes, in Python and in compiled functions.

    Compiled functions receive a pointer, so that their caller sees what they write.

    Args:
        fields: names and types.
        values: by name; the other fields are 0.

    Raises:
        ValueError: if a field has the name of an attribute of NumPy's scalars, such as ``size``.
    """
    result = _empty(fields).copy()
    for name, value in values.items():
        result[name] = value
    return result


@cache
def _empty(fields: np.dtype[np.void]) -> Any:
    hidden = [name for name in fields.names or () if hasattr(np.record, name)]
    if hidden:
        raise ValueError(f"a field cannot be named {hidden[0]!r}, an attribute of NumPy's scalars; rename it")
    return np.zeros((), fields).view(np.recarray)[()]
