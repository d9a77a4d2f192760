"""Tours in TSPLIB95's format: a permutation of nodes counted from 1, and -1 at the end."""

import os
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.files.hostile_text import (
    TextFile,
    array_of,
    blocks,
    is_data,
    numbers_of,
    quote,
    write_atomically,
)
from mdpzoo_combinatorial.files.tsplib_sections import Header, dimension, keyword_of, take_keyword
from mdpzoo_combinatorial.instances.checking import validate_tour


def take_nodes(file: TextFile, section: str, num_nodes: int, copies: int = 0) -> tuple[Header, NDArray[np.int64]]:
    """Reads keywords and one section of nodes, and returns both; the nodes are as in the file and not validated.

    Args:
        file: an unread file.
        section: the name of the section.
        num_nodes: of the instance.
        copies: number of additional nodes in DIMENSION that represent the depot.
    Raises:
        InstanceError: if the section is missing, DIMENSION is that of another instance, or a node is not an integer.
    """
    header = Header()
    file.skip_remarks()
    while (line := file.peek()) is not None and keyword_of(line)[0] != section:
        if is_data(line):
            file.fail(f"expected 'KEYWORD : value' or {section}, got {quote(line)}; pass a solution file", file.number)
        take_keyword(file, header)
    if line is None:
        file.fail(f"{section} is missing; pass a file that contains it")
    file.take()
    read, found = [np.zeros(0)], 0
    for block in blocks(file.take_data()):
        if found <= num_nodes + copies + 2:
            read.append(array_of(file, block))
            found += len(read[-1])
    if (line := file.peek()) is not None and not keyword_of(line)[0].endswith(("EOF", "_SECTION")):
        numbers_of(file, line)  # raises, since it is not a line of numbers
    listed = np.concatenate(read)
    listed = listed[: int((listed == -1).argmax())] if (listed == -1).any() else listed  # a second tour may follow
    if (listed != np.floor(listed)).any():
        file.fail("a node of the tour is not an integer; correct it", file.number)
    if "DIMENSION" in header and not num_nodes <= dimension(file, header) <= num_nodes + copies:
        file.fail(f"DIMENSION is {header['DIMENSION']}, but the instance has {num_nodes} nodes; pass the right file")
    return header, listed.astype(np.int64)


def read_tour(path: str | os.PathLike[str], num_nodes: int) -> NDArray[np.int64]:
    """Reads a TSPLIB tour and returns it, ``[num_nodes]`` int64, counted from 0.

    Raises:
        InstanceError: if the file is not valid, or the tour is not a permutation of ``num_nodes`` nodes.
    """
    file = TextFile(path)
    nodes = take_nodes(file, "TOUR_SECTION", num_nodes)[1] - 1
    try:
        return validate_tour(nodes, num_nodes)
    except InstanceError as error:
        file.fail(f"{error} (nodes counted from 0); correct the tour")


def plain_name(name: str) -> str:
    """Returns a name in ASCII, with question marks for other characters; raises InstanceError if it is not one line."""
    if not name.isprintable():
        raise InstanceError(f"a tour's name must be one line of plain text, got {quote(name)}")
    return name.encode("ascii", "replace").decode()


def write_tour(path: str | os.PathLike[str], tour: ArrayLike, name: str, length: float) -> None:
    """Writes a TSPLIB tour atomically.

    Args:
        path: of the file, which is replaced if it exists.
        tour: a permutation of ``range(n)``; it is written counted from 1.
        name: one line; characters that are not ASCII are written as question marks.
        length: the tour's length, for the comment.
    Raises:
        InstanceError: if it is not a permutation, the name has several lines, or the file cannot be written.
    """
    write_nodes(path, validate_tour(tour), name, length)


def write_nodes(path: str | os.PathLike[str], tour: Iterable[int], name: str, length: float) -> None:
    """Writes a tour that is already validated; arguments and errors are those of ``write_tour``."""
    nodes = [str(node + 1) for node in tour]
    head = [f"NAME : {plain_name(name)}", "TYPE : TOUR", f"COMMENT : length {length}", f"DIMENSION : {len(nodes)}"]
    lines = [*head, "TOUR_SECTION", *nodes, "-1", "EOF", ""]
    write_atomically(path, "\n".join(lines).encode("ascii"))
