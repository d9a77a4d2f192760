"""RESULTS.md from its parts: Markdown in which a table has one row, with fields of the table's rows in braces.

    <!-- table: bisimulation -->
    | problem | direct states | CPU-seconds |
    | --- | --- | --- |
    | {problem} | {direct:,} | {seconds:.1f} |

The row is written once for each row of ``results/bisimulation.json``. After a colon stands Python's format; without
one, floats have four digits. A cell with
a field that a row lacks, or that is null, is "-"; with ``<!-- table: NAME blank -->`` it is empty. ``<!-- table: NAME
where seeds=10 -->`` takes the rows with that value alone. In a sentence, ``{startup[mdpzoo].seconds:.2f}`` is a field
of the row of ``results/startup.json`` whose first field is ``mdpzoo``.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from .records import CONVERTED, QUOTED, Result, Row
from .table_list import ScienceError, Table

MARKER = re.compile(r"<!-- table: ([a-z0-9-]+)(?: (blank))?(?: where ([^=]+)=(.+?))? -->")
FIELD = re.compile(r"\{([^{}:\[\]]+)(?::([^{}]*))?\}")
INLINE = re.compile(r"\{([a-z0-9-]+)\[([^\]]+)\]\.(\w+)(?::([^{}]*))?\}")
TARGETS = {"science": "make science", "science-full": "make science-full"}
Results = Callable[[str], Result]


def write_part(text: str, tables: Mapping[str, Table], results: Results) -> str:
    """Fills in the tables and the figures of one part.

    Args:
        text: of the part.
        tables: by name.
        results: gives the result of a table.

    Raises:
        ScienceError: a table is unknown, or a template names a field that no row has.
    """
    lines, written = iter(text.splitlines()), []
    for line in lines:
        marker = MARKER.fullmatch(line)
        if marker is None:
            written.append(INLINE.sub(lambda found: _figure(found, results), line))
            continue
        name, blank, field, value = marker.groups()
        if name not in tables:
            raise ScienceError(f"the page shows a table {name!r} that science.toml does not list")
        result = results(name)
        rows = [row for row in result.rows if field is None or _text(row.get(field), "") == value]
        written += [next(lines), next(lines)]
        written += _rows(next(lines), rows, name, "" if blank else "-")
        written += ["", origin(tables[name], result)]
    return "\n".join(written) + "\n"


def shown_tables(text: str) -> list[str]:
    """Names of the tables that a part shows or quotes."""
    return [*(found[1] for found in MARKER.finditer(text)), *(found[1] for found in INLINE.finditer(text))]


def origin(table: Table, result: Result) -> str:
    """The line below a table: its entry, what makes it, when it was made, and of which version."""
    names = {"study": "FOLDER", "data": "DATA"} | {each: each.upper() for each in table.peers}
    made, command = result.made, table.command.format(**names)
    parts = [f"`{table.name}` (`{TARGETS[table.made_by]}`): `python benchmarks/{command}`"]
    if table.study:
        parts[0] += f" on the study `benchmarks/{table.study}`"
    if table.seeds:
        parts.append(f"seeds {table.seeds}" if table.seeds[0].isdigit() else table.seeds)
    if made["source"] == CONVERTED:
        spent = f", in {made['cpu_seconds']:,.0f} CPU-seconds" if "cpu_seconds" in made else ""
        parts.append(f"measured by {made['date']}, version {made['mdpzoo']}{spent}, {made['note']}")
    elif made["source"] == QUOTED:
        parts.append(f"quoted from {table.quoted}")
    else:
        parts.append(f"measured on {made['date']}, version {made['mdpzoo']}, in {made['cpu_seconds']:,.0f} CPU-seconds")
    return f"*{'; '.join(parts)}.*"


def _rows(template: str, rows: list[Row], table: str, unknown: str) -> list[str]:
    """The template's cells for every row."""
    if not rows:
        raise ScienceError(f"no row of table {table!r} is shown; is the condition of its marker right?")
    for field, _ in FIELD.findall(template):
        if not any(field in row for row in rows):
            raise ScienceError(f"the page shows a field {field!r} that no row of table {table!r} has")
    cells = template.strip().strip("|").split("|")
    return [f"| {' | '.join(_cell(cell.strip(), row, unknown) for cell in cells)} |" for row in rows]


def _cell(template: str, row: Row, unknown: str) -> str:
    if any(row.get(field) is None for field, _ in FIELD.findall(template)):
        return unknown
    return FIELD.sub(lambda found: _text(row[found[1]], found[2] or ""), template)


def _figure(found: re.Match[str], results: Results) -> str:
    table, key, field, form = found.groups()
    for row in results(table).rows:
        if str(next(iter(row.values()))) == key and row.get(field) is not None:
            return _text(row[field], form or "")
    raise ScienceError(f"the page quotes {found[0]}, which {table}.json does not have")


def _text(value: Any, form: str) -> str:
    """A value as the page shows it; the items of a list one by one. Text is shown as it is."""
    if isinstance(value, list):
        return ", ".join(_text(each, form) for each in value)
    if isinstance(value, str):
        return value
    if isinstance(value, float) and not form:
        form = ".3g" if abs(value) < 0.1 else ".4g"
    try:
        return format(value, form)
    except ValueError:
        raise ScienceError(f"{value!r} cannot be shown as {form!r}") from None
