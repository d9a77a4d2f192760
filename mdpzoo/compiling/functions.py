"""Functions compiled by numba: on one thread, kept on disk (``source_cache``), divided as NumPy divides."""

from collections.abc import Callable
from typing import Any

import numba
from numba.core import event

from mdpzoo.compiling.clock import COMPILE_TIME
from mdpzoo.compiling.source_cache import SourceCache

WITHOUT_C_ENTRY: dict[str, Any] = {"no_cfunc_wrapper": True}  # nobody calls it; a fifth of the compile time


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
    """Compiles a function that allocates nothing, nor calls what does, without counting references to its arrays.

    The counts cost more than the work of a small kernel that takes many arrays. What calls the function keeps the
    arrays alive.
    """
    return _kept(function, _nrt=False)


def _kept(function: Callable[..., Any], **options: Any) -> Any:
    made = numba.njit(nogil=True, error_model="numpy", **WITHOUT_C_ENTRY, **options)(function)
    made._cache = SourceCache(function)
    return made


class _Watch(event.Listener):
    """Reports what numba compiles to the clock."""

    def on_start(self, event: Any) -> None:
        """Something is compiled from here on."""
        COMPILE_TIME.begin()

    def on_end(self, event: Any) -> None:
        """It is ready, or has failed."""
        COMPILE_TIME.end()


event.register("numba:compile", _Watch())
