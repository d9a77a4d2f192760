"""Functions compiled by numba: on one thread, kept on disk (``source_cache``), divided as NumPy divides."""

from collections.abc import Callable
from typing import Any

import numba
from numba.core import config, event, sigutils, types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher

from mdpzoo.compiling.clock import COMPILE_TIME
from mdpzoo.compiling.source_cache import SourceCache

WITHOUT_C_ENTRY: dict[str, Any] = {"no_cfunc_wrapper": True}  # nobody calls it; a fifth of the compile time


def compiled(function: Callable[..., Any]) -> Any:
    """Compiles a function and caches it on disk if a folder is writable."""
    return _kept(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compiles a function into its callers: a call with a few arrays costs as much as fifty additions."""
    return numba.njit(inline="always", error_model="numpy")(function)


def machine_code(function: Any, arguments: tuple[Any, ...]) -> Any:
    """Returns the machine code of a compiled function for these argument types, which skips numba's type dispatch.

    Dispatch takes half the time of a call with twenty arrays. The caller guarantees types and contiguity.
    """
    kinds = tuple(numba.typeof(each) for each in arguments)
    function.compile(kinds)
    return function.overloads[kinds].entry_point


def borrowing(function: Callable[..., Any]) -> Any:
    """Compiles a function that, callees included, allocates nothing, without counting references to its arrays.

    The counts cost more than the work of a small kernel that takes many arrays. The caller keeps the arrays alive.
    """
    return _kept(function, _nrt=False)


def _kept(function: Callable[..., Any], **options: Any) -> Any:
    if getattr(config, "DISABLE_JIT", False):
        return function
    options = {"nopython": True, "nogil": True, "error_model": "numpy", **WITHOUT_C_ENTRY, **options}
    return _Function(function, targetoptions=options)


class _Function(CPUDispatcher):
    """A compiled function that reads Python's arguments only if Python calls it.

    The code for this takes a tenth of the compile time, and most functions are called by compiled functions only. If
    Python calls such a function after all, it is compiled again.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)  # numba calls it as well, to read a pickle
        self._caches = {nested: SourceCache(self.py_func, nested=nested) for nested in (False, True)}
        self._without_entry: set[tuple[Any, ...]] = set()
        self._nest(False)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Compiles for a compiled function that calls this one; numba calls it when it infers types.

        For a constant that is passed numba would compile the same code once more.
        """
        args = tuple(types.unliteral(each) for each in args)
        with global_compiler_lock:  # what another thread compiles for Python's sake must wait
            self._nest(True)
            try:
                return super().get_call_template(args, kws)
            finally:
                self._nest(False)

    def compile(self, sig: Any) -> Any:
        """Compiles for arguments of these types, unless already compiled."""
        args = tuple(sigutils.normalize_signature(sig)[0])
        with global_compiler_lock:
            if args in self._without_entry and not self._nested:
                self._without_entry.remove(args)
                del self.overloads[args]
            return super().compile(sig)

    def add_overload(self, cres: Any) -> None:
        """Registers machine code; Python finds it only if it can read Python's arguments."""
        if self._nested:
            self.overloads[tuple(cres.signature.args)] = cres
            self._without_entry.add(tuple(cres.signature.args))
        else:
            super().add_overload(cres)

    def _nest(self, nested: bool) -> None:
        self._nested, self._cache = nested, self._caches[nested]
        self.targetoptions["no_cpython_wrapper"] = nested


class _Watch(event.Listener):
    """Reports what numba compiles to the clock."""

    def on_start(self, event: Any) -> None:
        """Starts the clock."""
        COMPILE_TIME.begin()

    def on_end(self, event: Any) -> None:
        """Stops the clock."""
        COMPILE_TIME.end()


event.register("numba:compile", _Watch())
