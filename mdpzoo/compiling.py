"""Functions compiled by numba: on one thread, kept on disk, divided as NumPy divides.

Numba looks only at the file that holds a function when it decides whether what is on disk is still true: after a change
to an inlined function, save the files of its callers too.
"""

from collections.abc import Callable
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Any:
    """Compiles a function, and keeps it on disk where a folder can be written."""
    return _kept(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compiles a function into its callers: a call with a few arrays costs as much as fifty additions."""
    return numba.njit(inline="always", error_model="numpy")(function)


def machine_code(function: Any, arguments: tuple[Any, ...]) -> Any:
    """What a compiled function runs for arguments of these types, without numba's look at each type in every call.

    That look takes half the time of a call with twenty arrays. Whoever calls the code vouches for types and contiguity.
    """
    kinds = tuple(numba.typeof(each) for each in arguments)
    function.compile(kinds)
    return function.overloads[kinds].entry_point


def borrowing(function: Callable[..., Any]) -> Any:
    """Compiles a function that allocates nothing, without counting references to the arrays that it is handed.

    The counts cost more than the work of a small kernel that takes many arrays. What calls the function keeps the
    arrays alive.
    """
    return _kept(function, _nrt=False)


def _kept(function: Callable[..., Any], **options: Any) -> Any:
    options |= {"nogil": True, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba finds no folder for its cache
        return numba.njit(**options)(function)
