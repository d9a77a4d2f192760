"""Signatures and docstrings out of sources: what ``inspect`` would see, without importing what a module imports.

A list of settings needs the parameters of a function, their annotations and its docstring, and no torch. So only what
these rest on is executed: the ``def`` without its body, the class with its fields and constructor, and the constants,
aliases and records whose names stand in them, in whatever module they are written. Modules that are loaded, and those
of the standard library, are used as they are.

What differs from importing: no other statement of a module runs, so a name that is bound twice, by ``import *`` or by a
loop cannot be read, nor can what a function of the module computes. Then ``Unreadable`` is raised, and never guessed.
"""

import ast
import builtins
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

LARGEST = 100_000  # bytes of a source that is read; what larger ones define counts as a type of that name
KEPT = ("__init__", "__call__")  # methods that define the parameters
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Unreadable(Exception):
    """Raised if the answer requires an import."""


class Opaque(type):
    """A type of which only the name is known: usable in annotations, and nowhere else."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Raises Unreadable."""
        raise Unreadable(cls.__qualname__)

    def __getitem__(cls, item: Any) -> Any:
        """Raises Unreadable."""
        raise Unreadable(cls.__qualname__)


def look_up(code: str, whole: bool = False) -> Any:
    """Returns what ``"module:attribute"`` names with its signature, its docstring and its constants, and no behaviour.

    Args:
        code: what to find.
        whole: whether functions keep their bodies, so that the result can be called.

    Raises:
        Unreadable: if the source does not say; ``mdpzoo.codes.load`` does.
    """
    module, _, name = code.partition(":")
    try:
        found = _attribute(module, name, whole, deep=True)
    except Unreadable:
        raise
    except Exception as error:  # third-party expressions may raise anything
        raise Unreadable(code) from error
    if isinstance(found, Opaque | Module):
        raise Unreadable(code)
    return found


class Module:
    """A module by name; its attributes are looked up on access."""

    def __init__(self, name: str, whole: bool) -> None:
        """See ``look_up``."""
        self._name, self._whole = name, whole

    def __getattr__(self, name: str) -> Any:
        """Finds an attribute or a module within."""
        if name.startswith("__"):
            raise AttributeError(name)
        return _attribute(self._name, name, self._whole)


def _attribute(module: str, name: str, whole: bool, deep: bool = False) -> Any:
    """Returns the value of a name in a module; see ``Source.value``."""
    if module.partition(".")[0] in sys.stdlib_module_names:
        return getattr(importlib.import_module(module), name)
    loaded = vars(sys.modules[module]) if module in sys.modules else {}
    if name in loaded and not isinstance(loaded[name], type(sys)):
        return loaded[name]
    source = _source(module, whole)
    if source is not None and name in source.bound:
        return source.value(name, deep)
    if _path(f"{module}.{name}") is not None:
        return Module(f"{module}.{name}", whole)
    if source is not None:
        raise Unreadable(f"{module}:{name}")
    return Opaque(name, (), {"__module__": module})


@cache
def _path(module: str) -> Path | None:
    """Returns the file of a module without importing its packages; None if it has no source."""
    package, _, last = module.rpartition(".")
    if not package:
        found = importlib.util.find_spec(module)
        return Path(found.origin) if found is not None and found.origin and found.has_location else None
    above = _path(package)
    if above is None or above.name != "__init__.py":
        return None
    places = (above.with_name(f"{last}.py"), above.parent / last / "__init__.py")
    return next((place for place in places if place.is_file()), None)


@cache
def _source(module: str, whole: bool) -> "Source | None":
    """Returns the source of a module; None if it has none that can be read."""
    path = _path(module)
    if path is None and module not in sys.modules and _path(module.partition(".")[0]) is None:
        raise Unreadable(module)  # not installed
    if path is None or path.suffix != ".py" or path.stat().st_size > LARGEST:
        return None
    return Source(module, path, whole)


class Source:
    """The statements of a module, each executed when its name is first needed.

    Attributes:
        bound: the statements that bind a name.
        names: the globals of the executed statements.
    """

    def __init__(self, module: str, path: Path, whole: bool) -> None:
        """Parses a file without executing it."""
        self.module, self.whole, self.package = module, whole, path.name == "__init__.py"
        self.bound: dict[str, list[ast.stmt]] = {}
        self.set: dict[str, list[ast.stmt]] = {}  # statements that set attributes of a name
        self.changed: set[str] = set()  # names that a loop or a call may change
        self.names: dict[str, Any] = {"__name__": module}
        self.shallow: set[str] = set()  # those of them that are classes of which only the name is known
        for statement in _statements(ast.parse(path.read_bytes())):
            for name in _bound_by(statement):
                self.bound.setdefault(name, []).append(statement)
            for target in statement.targets if isinstance(statement, ast.Assign) else ():
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                    self.set.setdefault(target.value.id, []).append(statement)
            if isinstance(statement, ast.For | ast.While | ast.With | ast.Expr):
                self.changed |= {each.id for each in ast.walk(statement) if isinstance(each, ast.Name)}

    def value(self, name: str, deep: bool) -> Any:
        """Executes the statement that binds a name; returns its value, or an ``Opaque`` for a class unless ``deep``."""
        if name in self.names and not (deep and name in self.shallow):
            return self.names[name]
        if name not in self.bound and hasattr(builtins, name):
            return getattr(builtins, name)
        if len(self.bound.get(name, ())) != 1 or name in self.changed:
            raise Unreadable(f"{self.module}:{name}")
        (statement,) = self.bound[name]
        self.shallow.discard(name)
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self.names[name] = self._imported(statement, name, deep)
        elif isinstance(statement, ast.ClassDef) and not deep:
            self.names[name] = Opaque(name, (), {"__module__": self.module})
        else:
            for each in (self._pruned(statement), *self.set.get(name, ())):
                self._execute(each)
        if isinstance(self.names[name], Opaque):
            self.shallow.add(name)
        return self.names[name]

    def _imported(self, statement: ast.Import | ast.ImportFrom, name: str, deep: bool) -> Any:
        alias = next(each for each in statement.names if (each.asname or each.name.partition(".")[0]) == name)
        if isinstance(statement, ast.Import):
            module = alias.name if alias.asname else name
            return Module(module, self.whole)
        home = statement.module or ""
        if statement.level:
            above = self.module.split(".")
            above = above[: len(above) - statement.level + self.package]
            home = ".".join([*above, *([home] if home else [])])
        if home == self.module:  # a module within this package
            return Module(f"{home}.{alias.name}", self.whole)
        return _attribute(home, alias.name, self.whole, deep)

    def _execute(self, statement: ast.stmt) -> None:
        """Executes a statement after those that bind its names."""
        own = _locals(statement) | {*_bound_by(statement)}
        deep = _used(statement)
        for name in _loaded(statement) - own:
            value = self.value(name, name in deep)
            if name in self.bound:
                self.names[name] = value
        exec(compile(ast.Module([statement], []), self.module, "exec", dont_inherit=True), self.names)

    def _pruned(self, statement: ast.stmt) -> ast.stmt:
        """Returns the part of a statement that is executed."""
        if isinstance(statement, Function):
            return statement if self.whole else _without_body(statement)
        if isinstance(statement, ast.ClassDef):
            return self._pruned_class(statement)
        return statement

    def _pruned_class(self, found: ast.ClassDef) -> ast.ClassDef:
        """Returns a class reduced to its construction, without bases if it defines its own constructor."""
        methods = {each.name: each for each in found.body if isinstance(each, Function)}
        if found.keywords or "__new__" in methods or "__signature__" in _stored(found):
            raise Unreadable(found.name)
        sufficient = "__init__" in methods and ast.get_docstring(found) is not None and not found.decorator_list
        body = _docstring(found) or [ast.Pass()]
        body += [part for each in found.body for part in _kept(each, sufficient)]
        bases = [] if sufficient else found.bases
        for base in bases:
            if isinstance(base, ast.Name) and isinstance(self.value(base.id, deep=True), Opaque):
                raise Unreadable(found.name)
        kept = {name: getattr(found, name) for name in found._fields} | {"bases": bases, "body": body}
        return ast.fix_missing_locations(ast.copy_location(ast.ClassDef(**kept), found))


def _kept(statement: ast.stmt, sufficient: bool) -> list[ast.stmt]:
    """Returns the executed part of a statement in a class; fields are omitted if the constructor suffices."""
    if isinstance(statement, Function):
        if statement.name in KEPT:
            return [_without_body(statement)]
        return [statement] if statement.name == "settings_of" else []  # a property
    constant = isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
    return [statement] if constant or isinstance(statement, ast.AnnAssign) and not sufficient else []


def _statements(tree: ast.Module | ast.If | ast.Try) -> Iterator[ast.stmt]:
    """Yields the statements of a module, including conditional ones."""
    parts = [tree.body, *([tree.orelse] if isinstance(tree, ast.If | ast.Try) else [])]
    for statement in (each for part in parts for each in part):
        if isinstance(statement, ast.If | ast.Try):
            yield from _statements(statement)
        yield statement


def _bound_by(statement: ast.stmt) -> list[str]:
    """Returns the names that a statement binds."""
    if isinstance(statement, Function | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [each.asname or each.name.partition(".")[0] for each in statement.names]
    targets: list[Any] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.For):
        targets = [statement.target]
    elif type(statement).__name__ == "TypeAlias":  # Python 3.12
        targets = [statement.name]  # type: ignore[attr-defined]
    return [name for part in targets for name in _stored(part)]


def _stored(node: ast.AST) -> set[str]:
    """Returns the names that a node binds."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def _loaded(node: ast.AST) -> set[str]:
    """Returns the names that a node reads."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}


def _used(statement: ast.AST) -> set[str]:
    """Returns the names that a statement uses: calls, passes as arguments, inherits from or accesses."""
    parts: list[ast.AST] = []
    for each in ast.walk(statement):
        if isinstance(each, ast.Call | ast.Attribute):
            parts.append(each)
        elif isinstance(each, Function | ast.ClassDef):
            parts += [*each.decorator_list, *getattr(each, "bases", ())]
    return {name for part in parts for name in _loaded(part)}


def _locals(statement: ast.AST) -> set[str]:
    """Returns the names bound within a definition."""
    if not isinstance(statement, Function | ast.ClassDef):
        return set()
    return _stored(statement) | {each.arg for each in ast.walk(statement) if isinstance(each, ast.arg)}


def _without_body(function: Any) -> Any:
    """Returns a function with its signature and docstring that raises when called."""
    stop = ast.Raise(ast.Name("NotImplementedError", ast.Load()), None)
    kept = {name: getattr(function, name) for name in function._fields} | {
        "body": [*_docstring(function), stop],
        "returns": None,
    }
    return ast.fix_missing_locations(ast.copy_location(ast.FunctionDef(**kept), function))


def _docstring(found: Any) -> list[ast.stmt]:
    """Returns the docstring statement of a definition, as a list."""
    return [] if ast.get_docstring(found) is None else found.body[:1]
