"""The commands ``report`` and ``compare``: results folders in, a page or a table out."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mdpzoo.cli import listing
from mdpzoo.cli.commands import Json, app
from mdpzoo.errors import SettingError
from mdpzoo.files import check_folder

Folders = Annotated[list[Path], typer.Argument(help="folders of mdpzoo bench or train, SB3, RL Baselines3 Zoo")]


@app.command(epilog="Example: mdpzoo report results -o report.html --latex table.tex")
def report(
    folders: Folders,
    out: Annotated[Path, typer.Option("--out", "-o", help="The page to write, one HTML file.")] = Path("report.html"),
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write the table of scores as CSV.")] = None,
    parquet: Annotated[Path | None, typer.Option("--parquet", help="Also write it as Parquet; needs pyarrow.")] = None,
    latex: Annotated[Path | None, typer.Option("--latex", help="Also write it as LaTeX, for booktabs.")] = None,
    drawings: Annotated[bool, typer.Option(help="Let families draw, such as a tour; agents may play for it.")] = True,
    as_json: Json = False,
) -> None:
    """Write a page on all runs below some folders: curves, tables, comparisons, failures, and a methods paragraph."""
    for path in (out, csv, parquet, latex):
        if path is not None:
            check_folder(path)
    from mdpzoo.report.analysis.tables import rows_of
    from mdpzoo.report.exports import write_table
    from mdpzoo.report.page.page_file import write_page
    from mdpzoo.report.reading.folder_tree import read_results

    results = read_results(folders)
    rows = rows_of(results)
    for kind, path in (("csv", csv), ("parquet", parquet), ("latex", latex)):
        if path is not None:
            write_table(rows, path, kind)
    write_page(results, out, drawings)
    if as_json:
        told = {"page": str(out), "runs": len(results.runs), "notes": list(results.notes)}
        listing.print_json(told | {"rows": [row.as_dict() for row in rows]})
    else:
        failed = sum(run.failure is not None for run in results.runs)
        more = f", {failed} of them failed" if failed else ""
        print(f"reported {len(results.runs):,} runs{more} -> {out}")  # noqa: T201
        if results.notes:
            what = f"{len(results.notes)} files" if len(results.notes) > 1 else "a file"
            print(f"{what} could not be read; the page says which", file=sys.stderr)  # noqa: T201


@app.command(epilog="Example: mdpzoo compare results/before results/after")
def compare(folders: Folders, as_json: Json = False) -> None:
    """Compare two results folders, agent by agent; by seed where both have the same seeds."""
    if len(folders) != 2:
        raise SettingError(f"compare takes two folders, got {len(folders)}; give the older one first")
    from mdpzoo.report.analysis.pairs import compare_folders
    from mdpzoo.report.reading.folder_tree import read_results

    both = [read_results([folder]) for folder in folders]
    rows = compare_folders(*both)
    if notes := [note for each in both for note in each.notes]:
        more = f", and {len(notes) - 1} more" if len(notes) > 1 else ""
        print(f"left out: {notes[0]}{more}; mdpzoo report lists all", file=sys.stderr)  # noqa: T201
    (listing.print_json if as_json else listing.print_rows)([row.as_dict(shown=not as_json) for row in rows])
