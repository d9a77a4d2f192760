"""Plants small faults into a copy of the repository, one at a time, and prints those that no test notices.

    python benchmarks/mutants.py --distribution mdpzoo-horizon --count 200

A fault is one small change of the syntax tree: a comparison flipped, an operator swapped, a constant changed, a
condition negated, a return dropped, a call left out. Faults are drawn with a seed from all places of a distribution.
Each one meets first the tests that mirror its module, then those of its folder, then the distribution's whole suite,
with a compile cache of its own, because numba's cache overlooks changes of inlined functions. A fault that makes the
tests run three times as long as without it counts as noticed.

Results are kept in ``build/mutants``, so that a run can be resumed. All else is in a temporary folder that is removed.
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
SLOWER = 3  # times as long as without a fault: taken for an endless loop


@dataclass(frozen=True)
class Fault:
    """A place in a file, in characters, and what stands there instead."""

    path: str
    line: int
    start: int
    end: int
    replacement: str
    digest: str  # of the whole file: a changed file has new faults

    @property
    def key(self) -> str:
        """What the results know it by."""
        return f"{self.path}:{self.start}:{self.end}:{self.replacement}:{self.digest}"

    def applied(self, source: str) -> str:
        """The file with the fault in it."""
        return source[: self.start] + self.replacement + source[self.end :]


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that a fault puts in the place of a node."""
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


def places(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below a node that run; annotations, decorators, messages, and imports are left out."""
    if isinstance(node, UNMUTATED) or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns", "decorator_list", "bases"):
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, ast.AST):
                    yield from places(each)


def faults(path: str, source: str) -> list[Fault]:
    """All faults of a file, in the order of its text."""
    starts = [0, *itertools.accumulate(map(len, source.splitlines(keepends=True)))]
    lines, digest = source.splitlines(), hashlib.sha256(source.encode()).hexdigest()[:12]

    def at(line: int, column: int) -> int:  # syntax trees count columns in bytes
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    found = []
    for node in places(ast.parse(source)):
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
    """The lines that a fault changes, as a diff."""
    diff = list(difflib.unified_diff(source.splitlines(), fault.applied(source).splitlines(), lineterm="", n=0))[3:]
    return "\n".join([f"{fault.path}:{fault.line}", *(f"  {line}" for line in diff)])


def package_of(distribution: str) -> tuple[Path, Path]:
    """The folders of a distribution's code and tests, relative to the repository; exits if there is no such one."""
    base = Path() if distribution == "mdpzoo" else Path("plugins") / distribution
    code = base / distribution.replace("-", "_")
    if not (ROOT / code).is_dir():
        sys.exit(f"there is no distribution {distribution!r}; give mdpzoo or the name of a folder in plugins")
    return code, base / "tests"


def stages(path: str, code: Path, tests: Path, root: Path, near_only: bool) -> list[list[str]]:
    """The tests for a fault, from the nearest to the whole suite, or to those of its folder."""
    module = Path(path).relative_to(code)
    folder = tests / module.parent
    near = sorted(each.relative_to(root) for each in (root / folder).glob(f"test_*{module.stem}*.py"))
    room = [folder] if module.parent != Path() and (root / folder).is_dir() else []
    return [[str(each) for each in stage] for stage in (near, room, [] if near_only and room else [tests]) if stage]


class Workplace:
    """A copy of the repository in which one fault after the other is planted."""

    def __init__(self, folder: Path, stopping: threading.Event) -> None:
        """Copies what git knows or would add."""
        self.root, self._folder, self._stopping = folder / "repository", folder, stopping
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        for name in listed.stdout.decode().split("\0"):
            if name and (ROOT / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.root / name)

    def passes(self, tests: list[str], limit: float) -> bool:
        """Whether tests pass within a number of seconds, with an empty compile cache."""
        with tempfile.TemporaryDirectory(dir=self._folder) as cache:
            paths = [str(self.root), *(str(each) for each in sorted((self.root / "plugins").glob("*")))]
            environment = {
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "PYTHONDONTWRITEBYTECODE": "1",
                "NUMBA_CACHE_DIR": cache,
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
        """The tests that notice a fault; None: none does."""
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


def drawn(code: Path, under: str, seed: int, count: int) -> list[Fault]:
    """A sample of the faults of a distribution."""
    found, place = [], ROOT / code / under
    for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        found += faults(file.relative_to(ROOT).as_posix(), file.read_text())
    random.Random(seed).shuffle(found)
    return found[:count]


def recorded(results: Path, retry: bool) -> dict[str, Any]:
    """The results of earlier runs, by fault; with ``retry`` without those that no test noticed."""
    known = {
        each["key"]: each for each in map(json.loads, results.read_text().splitlines() if results.exists() else ())
    }
    return {key: each for key, each in known.items() if each["noticed"] or not retry}


def plant(sample: list[Fault], known: dict[str, Any], arguments: argparse.Namespace, results: Path) -> None:
    """Plants the faults of a sample that have no result yet; adds their results to the file and to ``known``."""
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
            place = free.pop()  # atomic
            noticed = place.notices(fault, stages(fault.path, code, tests, place.root, arguments.near), limit)
            with lock:
                free.append(place)
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
    """Plants faults, prints the survivors and the rate."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--distribution", default="mdpzoo", help="mdpzoo or a folder in plugins")
    parser.add_argument("--under", default="", help="a folder or file of the distribution's package, as in models")
    parser.add_argument("--count", type=int, default=200, help="faults to draw")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=1, help="faults tested side by side")
    parser.add_argument("--near", action="store_true", help="leave the whole suite out: faster, a lower rate")
    parser.add_argument("--retry", action="store_true", help="test again the faults that no test noticed")
    arguments = parser.parse_args()
    for each in (signal.SIGINT, signal.SIGTERM):  # also in the background of a shell, which ignores Ctrl-C
        signal.signal(each, signal.default_int_handler)
    sample = drawn(package_of(arguments.distribution)[0], arguments.under, arguments.seed, arguments.count)
    results = ROOT / "build" / "mutants" / f"{arguments.distribution}.jsonl"
    results.parent.mkdir(parents=True, exist_ok=True)
    known = recorded(results, arguments.retry)
    try:
        plant(sample, known, arguments, results)
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here")
    tested = sorted((fault for fault in sample if fault.key in known), key=lambda fault: (fault.path, fault.line))
    survivors = [fault for fault in tested if not known[fault.key]["noticed"]]
    for fault in survivors:
        print(difference(fault, (ROOT / fault.path).read_text()))
    print(f"{len(tested) - len(survivors)} of {len(tested)} faults noticed, {len(sample) - len(tested)} not yet tested")
    return 1 if survivors or len(tested) < len(sample) else 0


if __name__ == "__main__":
    sys.exit(main())
