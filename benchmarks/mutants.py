"""Plants small faults into a copy of the repository, one at a time, and prints those that no test notices.

    python benchmarks/mutants.py --distribution mdpzoo-horizon --count 200

A fault is one small change of the syntax tree: a comparison flipped, an operator swapped, a constant changed, a
condition negated, a return value dropped, a call removed. Faults are sampled with a seed from all code of a
distribution. For each fault, the tests that mirror its module are run first, then those of its folder, then the
distribution's whole suite. A fault is noticed if a test fails or if tests take three times as long.

Faults share a compile cache: it is keyed by the content of all source files that a compiled function depends on
(``mdpzoo.compiling.source_cache``), so that a fault in an inlined function of another file recompiles its callers, and
everything else is reused. Results are stored in ``build/mutants``, so that a run can be resumed.
"""

import argparse
import ast
import copy
import difflib
import hashlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAIRS = ["Lt LtE", "Gt GtE", "Eq NotEq", "Is IsNot", "In NotIn", "Add Sub", "BitAnd BitOr", "And Or"]
SWAPPED = {one: other for pair in PAIRS for one, other in (pair.split(), reversed(pair.split()))}
SWAPPED |= {"Mult": "Add", "Div": "Mult", "FloorDiv": "Mult", "Mod": "Add", "Pow": "Mult"}
EXTREMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "argmin": "argmax"}
UNMUTATED = (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom, ast.arg)
SLOWER = 3  # tests that take so many times as long as without a fault are considered endless


@dataclass(frozen=True)
class Fault:
    """A range of characters in a file, and their replacement."""

    path: str
    line: int
    start: int
    end: int
    replacement: str
    digest: str  # of the whole file: a changed file has new faults

    @property
    def key(self) -> str:
        """Identifies the fault in the results."""
        return f"{self.path}:{self.start}:{self.end}:{self.replacement}:{self.digest}"

    def applied(self, source: str) -> str:
        """Returns the file's source with the fault."""
        return source[: self.start] + self.replacement + source[self.end :]


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """Yields all replacements of a node."""
    changed: Any = copy.deepcopy(node)
    match node:
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                changed = copy.deepcopy(node)
                changed.ops[place] = getattr(ast, SWAPPED[type(operator).__name__])()
                yield changed
        case ast.BinOp(op=operator) | ast.BoolOp(op=operator) | ast.AugAssign(op=operator):
            if type(operator).__name__ in SWAPPED:
                changed.op = getattr(ast, SWAPPED[type(operator).__name__])()
                yield changed
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.If() | ast.While() | ast.IfExp():
            changed.test = ast.UnaryOp(ast.Not(), node.test)
            yield changed
        case ast.Return(value=ast.expr()):
            yield ast.Return(None)
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.Call(func=ast.Name() | ast.Attribute() as function):
            field = "id" if isinstance(function, ast.Name) else "attr"
            if getattr(function, field) in EXTREMES:
                setattr(changed.func, field, EXTREMES[getattr(function, field)])
                yield changed


def mutable_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yields the nodes in which faults are planted: not annotations, decorators, messages or imports."""
    if isinstance(node, UNMUTATED) or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns", "decorator_list", "bases"):
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, ast.AST):
                    yield from mutable_nodes(each)


def faults(path: str, source: str) -> list[Fault]:
    """Returns all faults of a file, in the order of its text."""
    starts = [0, *itertools.accumulate(map(len, source.splitlines(keepends=True)))]
    lines, digest = source.splitlines(), hashlib.sha256(source.encode()).hexdigest()[:12]

    def at(line: int, column: int) -> int:  # syntax trees count columns in bytes
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    found = []
    for node in mutable_nodes(ast.parse(source)):
        for changed in replacements(node):
            whole: Any = node
            if isinstance(node, ast.If | ast.While):  # the condition alone changes, not the lines below it
                whole, changed = node.test, changed.test  # type: ignore[attr-defined]
            text = ast.unparse(changed)
            if isinstance(changed, ast.expr) and not text.isidentifier() and not text.isdigit():
                text = f"({text})"
            start, end = at(whole.lineno, whole.col_offset), at(whole.end_lineno, whole.end_col_offset)
            found.append(Fault(path, whole.lineno, start, end, text, digest))
    return found


def difference(fault: Fault, source: str) -> str:
    """Returns the lines that a fault changes, as a diff."""
    diff = list(difflib.unified_diff(source.splitlines(), fault.applied(source).splitlines(), lineterm="", n=0))[3:]
    return "\n".join([f"{fault.path}:{fault.line}", *(f"  {line}" for line in diff)])


def package_of(distribution: str) -> tuple[Path, Path]:
    """Returns the folders of a distribution's code and tests, relative to the repository; exits if it is unknown."""
    base = Path() if distribution == "mdpzoo" else Path("plugins") / distribution
    code = base / distribution.replace("-", "_")
    if not (ROOT / code).is_dir():
        sys.exit(f"there is no distribution {distribution!r}; give mdpzoo or the name of a folder in plugins")
    return code, base / "tests"


def stages(path: str, code: Path, tests: Path, root: Path, near_only: bool) -> list[list[str]]:
    """Returns the tests for a fault, from those of its module to the whole suite, or to those of its folder."""
    module = Path(path).relative_to(code)
    near = sorted(each.relative_to(root) for each in (root / tests / module.parent).glob(f"test_*{module.stem}*.py"))
    rooms = [tests / each for each in module.parents if each != Path() and (root / tests / each).is_dir()]
    room = rooms[:1]  # the innermost that has tests
    return [[str(each) for each in stage] for stage in (near, room, [] if near_only and room else [tests]) if stage]


class Workplace:
    """A copy of the repository in which faults are planted, one at a time."""

    def __init__(self, folder: Path, stopping: threading.Event) -> None:
        """Copies all files that git tracks or would add."""
        self.root, self._folder, self._stopping = folder / "repository", folder, stopping
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        for name in listed.stdout.decode().split("\0"):
            if name and (ROOT / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.root / name)

    def passes(self, tests: list[str], limit: float) -> bool:
        """Returns whether tests pass within a number of seconds."""
        paths = [str(self.root), *(str(each) for each in sorted((self.root / "plugins").glob("*")))]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NUMBA_CACHE_DIR": str(self._folder / "compiled"),
            "OMP_NUM_THREADS": "1",
            "MDPZOO_DATA": os.environ.get("MDPZOO_DATA", str(ROOT / "../shared/data")),
        }
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]
        with tempfile.TemporaryFile() as output:
            streams: dict[str, Any] = {"stdout": output, "stderr": output}
            process = subprocess.Popen(command, cwd=self.root, env=environment, start_new_session=True, **streams)
            try:
                return self._wait(process, limit) in (0, 5)  # 5: there are no tests
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def _wait(self, process: subprocess.Popen[bytes], limit: float) -> int:
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self._stopping.wait(0.2):
                raise KeyboardInterrupt
            status = process.poll()
            if status is not None:
                return status
        return -1

    def notices(self, fault: Fault, tests: list[list[str]], limit: float) -> str | None:
        """Returns the tests that notice a fault; None if none does."""
        file = self.root / fault.path
        source = file.read_text()
        file.write_text(fault.applied(source))
        try:
            for stage in tests:
                if not self.passes(stage, limit):
                    return " ".join(stage)
            return None
        finally:
            file.write_text(source)


def sample_faults(code: Path, under: str, seed: int, count: int) -> list[Fault]:
    """Draws a sample of the faults of a distribution."""
    found, path = [], ROOT / code / under
    for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
        found += faults(file.relative_to(ROOT).as_posix(), file.read_text())
    random.Random(seed).shuffle(found)
    return found[:count]


def recorded(results: Path, retry: bool) -> dict[str, Any]:
    """Returns the results of earlier runs by fault; with ``retry``, without those that no test noticed."""
    known = {
        each["key"]: each for each in map(json.loads, results.read_text().splitlines() if results.exists() else ())
    }
    return {key: each for key, each in known.items() if each["noticed"] or not retry}


def plant(sample: list[Fault], known: dict[str, Any], arguments: argparse.Namespace, results: Path) -> None:
    """Tests the faults of a sample that have no result yet; adds their results to the file and to ``known``."""
    code, tests = package_of(arguments.distribution)
    waiting = [fault for fault in sample if fault.key not in known]
    stopping, lock = threading.Event(), threading.Lock()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(arguments.jobs) as pool:
        limit = 3600.0
        free = [Workplace(Path(folder) / str(number), stopping) for number in range(arguments.jobs if waiting else 0)]
        if free:
            began = time.monotonic()
            suite = tests / arguments.under if arguments.near and (ROOT / tests / arguments.under).is_dir() else tests
            if not free[0].passes([str(suite)], limit):
                sys.exit(f"the tests of {arguments.distribution} fail without any fault")
            limit = SLOWER * (time.monotonic() - began) + 60

        def work(fault: Fault) -> None:
            workplace = free.pop()  # atomic
            noticed = workplace.notices(fault, stages(fault.path, code, tests, workplace.root, arguments.near), limit)
            with lock:
                free.append(workplace)
                known[fault.key] = {"key": fault.key, "noticed": noticed, **asdict(fault)}
                with results.open("a") as file:
                    file.write(json.dumps(known[fault.key]) + "\n")
                done = sum(each.key in known for each in sample)
                print(f"{done}/{len(sample)} {fault.path}:{fault.line} {noticed or 'NOT NOTICED'}", flush=True)

        try:
            for future in [pool.submit(work, fault) for fault in waiting]:
                future.result()
        except BaseException:
            stopping.set()
            pool.shutdown(cancel_futures=True)
            raise


def main() -> int:
    """Tests faults, and prints the survivors and the rate."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--distribution", default="mdpzoo", help="mdpzoo or the name of a folder in plugins")
    parser.add_argument("--under", default="", help="a folder or file of the distribution's package, such as models")
    parser.add_argument("--count", type=int, default=200, help="size of the sample")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=1, help="faults tested in parallel")
    parser.add_argument("--near", action="store_true", help="do not run the whole suite: faster, but a lower rate")
    parser.add_argument("--retry", action="store_true", help="test faults again that no test noticed")
    arguments = parser.parse_args()
    for each in (signal.SIGINT, signal.SIGTERM):  # shells ignore it for background jobs
        signal.signal(each, signal.default_int_handler)
    sample = sample_faults(package_of(arguments.distribution)[0], arguments.under, arguments.seed, arguments.count)
    results = ROOT / "build" / "mutants" / f"{arguments.distribution}.jsonl"
    results.parent.mkdir(parents=True, exist_ok=True)
    known = recorded(results, arguments.retry)
    try:
        plant(sample, known, arguments, results)
    except KeyboardInterrupt:
        print("stopped; run the same command again to continue")
    tested = sorted((fault for fault in sample if fault.key in known), key=lambda fault: (fault.path, fault.line))
    survivors = [fault for fault in tested if not known[fault.key]["noticed"]]
    for fault in survivors:
        print(difference(fault, (ROOT / fault.path).read_text()))
    print(f"{len(tested) - len(survivors)} of {len(tested)} faults noticed, {len(sample) - len(tested)} not yet tested")
    return 1 if survivors or len(tested) < len(sample) else 0


if __name__ == "__main__":
    sys.exit(main())
