"""Machine code on disk that is never stale: each entry belongs to one state of all sources that it depends on.

Numba stamps its entries with the file of the function alone, so that a change of an inlined function in another file
goes unnoticed. Here the stamp is a digest of the function's source file, of the files of all functions and classes that
it refers to, of theirs in turn, and of the values of the constants that it refers to. Folders are named by it.

Code is looked up beside the sources (``__pycache__``), where the installer may have put it, and in the user's cache;
it is written to the first of the two that is writable. ``NUMBA_CACHE_DIR`` replaces both.
"""

import hashlib
import os
import re
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
from numba.core import caching, config

from mdpzoo.files import user_cache

FOLDER = "mdpzoo-compiled"
BY_NUMBA = ("math", "numpy")  # modules of which numba compiles its own versions, whatever their sources are
ADDRESS = re.compile(r" at 0x[0-9a-f]+")  # differs from run to run


class SourceCache(caching._Cache):
    """The value of ``Dispatcher._cache``; tries one folder after the other.

    Created when the first overload is requested, since only then does a module know all functions that it calls.
    """

    def __init__(self, function: Any, *, nested: bool = False) -> None:
        """Creates the cache of one function.

        Args:
            function: a Python function.
            nested: whether the code can be called by compiled functions only; it is kept apart.
        """
        self._function, self._nested = function, nested
        self._enabled = True

    @property
    def cache_path(self) -> str:
        """The folder to write to; empty if there is none."""
        return next((each.cache_path for each in self._caches() if _writable(each.cache_path)), "")

    def enable(self) -> None:
        """Enables reading and writing."""
        self._enabled = True

    def disable(self) -> None:
        """Disables reading and writing."""
        self._enabled = False

    def flush(self) -> None:
        """Deletes the function's machine code from disk."""
        for each in self._caches():
            with suppress(OSError):
                each.flush()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Returns the overload for a signature; None if there is none, or if it cannot be read."""
        for each in self._caches() if self._enabled else ():
            try:
                found = each.load_overload(sig, target_context)
            except Exception:  # a damaged file, or one of another version: compiled again, and replaced
                continue
            if found is not None:
                return found
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Saves machine code in the first writable folder."""
        for each in self._caches() if self._enabled else ():
            with suppress(OSError):
                each.save_overload(sig, data)
                return

    def _caches(self) -> tuple[caching.FunctionCache, ...]:
        if "_made" not in self.__dict__:
            stamp = stamp_of(self._function)
            folders = _folders(self._function, stamp)
            self._made = tuple(_cache_in(folder, stamp, self._function, self._nested) for folder in folders)
        return self._made


def stamp_of(function: Any) -> str:
    """Returns a digest of everything that a function's machine code depends on, 16 hexadecimal digits.

    Args:
        function: of Python, with or without a compiler around it.
    """
    facts: dict[str, None] = {}  # ordered, each once
    _collect(getattr(function, "py_func", function), facts, set())
    return hashlib.blake2b("\n".join(sorted(facts)).encode(), digest_size=8).hexdigest()


@cache
def digest(file: str) -> str:
    """Returns a digest of a file's content, 32 hexadecimal digits; empty if it cannot be read."""
    try:
        return hashlib.blake2b(Path(file).read_bytes(), digest_size=16).hexdigest()
    except OSError:
        return ""


def _collect(function: FunctionType, facts: dict[str, None], seen: set[int]) -> None:
    """Adds the dependencies of a function; ``seen`` holds the functions already visited."""
    if id(function) in seen:
        return
    seen.add(id(function))
    facts[digest(function.__code__.co_filename)] = None
    names = _names(function.__code__)
    values = [each.cell_contents for each in function.__closure__ or ()]
    for name in names & function.__globals__.keys():
        value = function.__globals__[name]
        values.append(value)
        if isinstance(value, ModuleType) and value.__name__ not in BY_NUMBA:
            values += [vars(value)[inner] for inner in names & vars(value).keys()]
    for value in values:
        _add(value, facts, seen)


def _add(value: Any, facts: dict[str, None], seen: set[int]) -> None:
    """Adds one object that a function refers to."""
    inner = getattr(value, "py_func", value)
    if isinstance(inner, FunctionType):
        _collect(inner, facts, seen)
    elif isinstance(value, tuple | list):
        for each in value:
            _add(each, facts, seen)
    elif isinstance(value, set | frozenset):  # whose order differs from process to process
        facts[repr(sorted(map(repr, value)))] = None
    elif isinstance(value, ModuleType):
        facts[digest(getattr(value, "__file__", None) or "")] = None
    elif isinstance(value, type):
        facts[digest(getattr(sys.modules.get(value.__module__), "__file__", None) or "")] = None
    else:
        facts[value.tobytes().hex() if isinstance(value, np.ndarray) else ADDRESS.sub("", repr(value))] = None


def _names(code: CodeType) -> set[str]:
    """Returns the names that a code object and those nested in it refer to."""
    inner = [_names(each) for each in code.co_consts if isinstance(each, CodeType)]
    return set(code.co_names).union(*inner)


def _folders(function: Any, stamp: str) -> list[str]:
    file = Path(function.__code__.co_filename)
    apart = hashlib.blake2b(str(file.parent).encode(), digest_size=8).hexdigest()  # files may share a name
    if chosen := getattr(config, "CACHE_DIR", ""):
        return [str(Path(chosen) / FOLDER / stamp / apart)]
    beside = file.parent / "__pycache__" / f"{FOLDER}-{stamp}"
    return [str(beside), str(user_cache() / FOLDER / stamp / apart)]


def _cache_in(folder: str, stamp: str, function: Any, nested: bool) -> caching.FunctionCache:
    class Locator(caching._CacheLocator):
        _py_file = function.__code__.co_filename  # for warnings

        def get_cache_path(self) -> str:
            return folder

        def get_source_stamp(self) -> str:
            return stamp

        def get_disambiguator(self) -> str:
            return f"{function.__code__.co_firstlineno}{'-nested' if nested else ''}"

        @classmethod
        def from_function(cls, py_func: Any, py_file: str) -> "Locator":
            return cls()

    class Implementation(caching.CompileResultCacheImpl):
        _locator_classes = [Locator]  # type: ignore[list-item]

    class Cache(caching.FunctionCache):
        _impl_class = Implementation

        def _index_key(self, sig: Any, codegen: Any) -> Any:
            """Identifies an overload. Numba would pickle closures, in which compiled functions differ per process."""
            return sig, codegen.magic_tuple(), _closure_key(function)

    return Cache(function)


def _closure_key(function: Any) -> tuple[str, ...]:
    """Returns the values of a function's closure, in order; functions by name, with their own closures."""
    values = [each.cell_contents for each in function.__closure__ or ()]
    functions = [getattr(each, "py_func", each) for each in values]
    return tuple(
        f"{each.__module__}.{each.__qualname__}{_closure_key(each)}"
        if isinstance(each, FunctionType)
        else ADDRESS.sub("", repr(each))
        for each in functions
    )


def _writable(folder: str) -> bool:
    try:
        os.makedirs(folder, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True
