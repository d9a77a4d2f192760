"""The table of scores for other programs: CSV, Parquet, and LaTeX for the package booktabs."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

from mdpzoo.errors import SettingError
from mdpzoo.files import replacing
from mdpzoo.front import require
from mdpzoo.report.analysis.tables import Row
from mdpzoo.report.figures.number_text import MINUS, interval, number

NAMES = tuple(field.name for field in fields(Row))
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would compute a text that begins so
SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    MINUS: "$-$",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def write_table(rows: Sequence[Row], path: Path, kind: str) -> None:
    """Writes rows into a file, whole or not at all.

    Args:
        rows: as ``rows_of`` returns them.
        path: the file.
        kind: ``"csv"``, ``"parquet"`` or ``"latex"``.

    Raises:
        SettingError: if there is no such kind.
        MissingExtraError: if Parquet is requested and pyarrow is not installed.
        OSError: if the folder cannot be written.
    """
    writers: dict[str, Callable[[Sequence[Row], Path], None]] = {
        "csv": lambda rows, file: _write_text(csv_text(rows), file),
        "latex": lambda rows, file: _write_text(latex_text(rows), file),
        "parquet": _write_parquet,
    }
    if kind not in writers:
        raise SettingError(f"a table is written as one of {', '.join(sorted(writers))}, got {kind!r:.40}")
    with replacing(path) as beside:
        writers[kind](rows, beside)


def csv_text(rows: Sequence[Row]) -> str:
    """Returns CSV with a line for each row; empty fields where a number is unknown.

    A name that a spreadsheet would read as a formula is preceded by an apostrophe.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(NAMES)
    for row in rows:
        writer.writerow(_plain(getattr(row, name)) for name in NAMES)
    return file.getvalue()


def _plain(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def latex_text(rows: Sequence[Row]) -> str:
    """Returns a LaTeX table with one line for each agent and environment; its preamble needs ``booktabs``."""
    lines = [r"\begin{tabular}{llrrrr}", r"\toprule"]
    lines += [r"Environment & Agent & Seeds & Score & 95\,\% interval & Gap \\", r"\midrule"]
    before = None
    for row in rows:
        if before not in (None, row.environment):
            lines.append(r"\addlinespace")
        shown = row.environment if row.environment != before else ""
        before = row.environment
        cells = (shown, row.agent, str(row.runs), number(row.score), interval(row.low, row.high), number(row.gap))
        lines.append(f"{' & '.join(escaped(cell) for cell in cells)} \\\\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def escaped(text: str) -> str:
    """Returns a text escaped for LaTeX."""
    return "".join(SPECIAL.get(sign, sign) for sign in " ".join(text.split()))


def _write_text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def _write_parquet(rows: Sequence[Row], path: Path) -> None:
    require("pyarrow", "parquet")
    import pyarrow
    from pyarrow import parquet

    kinds = {"str": pyarrow.string(), "int": pyarrow.int64()}
    schema = pyarrow.schema([(field.name, kinds.get(_type(field.type), pyarrow.float64())) for field in fields(Row)])
    parquet.write_table(pyarrow.Table.from_pylist([row.as_dict() for row in rows], schema=schema), path)


def _type(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
