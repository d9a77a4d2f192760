"""Named fields for the scalars of a compiled search."""

from typing import Any

import numpy as np


def record(kind: np.dtype[np.void], **values: float) -> Any:
    """Returns one record whose fields are read and written as attributes, in Python and in compiled functions.

    Args:
        kind: the fields.
        values: of the fields; those left out are 0.
    """
    made = np.zeros((), kind).view(np.recarray)[()]
    for name, value in values.items():
        made[name] = value
    return made
