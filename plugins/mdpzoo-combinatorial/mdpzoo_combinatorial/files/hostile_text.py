"""Reads untrusted text files line by line, with size limits and errors that name file and line; writes atomically."""

import os
import re
import stat
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from mdpzoo.errors import InstanceError
from mdpzoo.files import replacing
from mdpzoo_combinatorial.instances.checking import LARGEST

MAX_BYTES = 24 * 2**20
MAX_LINES = 500_000  # about a second of parsing
MAX_LINE = 2**20  # characters
MAX_BLOCK = 2**18  # characters parsed at once
MAX_NAME = 200  # characters
BOM = "\xef\xbb\xbf"  # UTF-8's byte order mark, read as Latin-1
UTF_16 = ("\xff\xfe", "\xfe\xff")

NOT_FINITE = re.compile(r"(nan|inf|infinity)\b", re.IGNORECASE)
Lines = list[tuple[int, str]]  # line numbers and lines


def quote(value: object) -> str:
    """Returns a value for an error message: quoted, escaped, at most 40 characters."""
    text = str(value)
    return ascii(text if len(text) <= 40 else text[:37] + "...")


class TextFile:
    """The lines of a file that are not blank, one at a time, with a lookahead of one line."""

    def __init__(self, path: str | os.PathLike[str], longest: int = MAX_LINE) -> None:
        """Creates the reader; the file is opened when the first line is read.

        Args:
            path: of the file.
            longest: maximum number of characters of a line.
        """
        self.path = Path(path)
        self.name = ascii(os.fspath(path))
        self._longest = longest
        self.number = 0
        self._remarks = True
        self._source = self._lines(path)
        self._ahead: str | None = None

    def fail(self, sentence: str, line: int | None = None) -> NoReturn:
        """Closes the file, and raises an error that names it, and the line if there is one."""
        with suppress(ValueError):  # raised while a line is being read: then the error itself closes the file
            self._source.close()
        where = f", line {line}" if line else ""
        raise InstanceError(f"{self.name}{where}: {sentence}") from None

    def peek(self) -> str | None:
        """Returns the next line, stripped, without consuming it; None at the end."""
        if self._ahead is None:
            self._ahead = next(self._source, None)
        return self._ahead

    def take(self) -> str:
        """Consumes and returns the line that ``peek`` returned."""
        line, self._ahead = self._ahead, None
        assert line is not None
        return line

    def skip_remarks(self) -> None:
        """Skips lines that begin with ``#`` from here on."""
        self._remarks = False
        if self._ahead is not None and self._ahead.startswith("#"):
            self._ahead = None

    def take_data(self) -> Lines:
        """Consumes and returns the next lines of numbers, with their line numbers."""
        lines: Lines = []
        while is_data(line := self.peek()):
            assert line is not None
            lines.append((self.number, line))
            self._ahead = None
        return lines

    def _lines(self, path: str | os.PathLike[str]) -> Generator[str, None, None]:
        try:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):
                self.fail("this is not a regular file; pass the path of a text file")
            if status.st_size > MAX_BYTES:
                self.fail(f"the file has {status.st_size} bytes, more than {MAX_BYTES}; give a smaller instance")
            with open(path, encoding="latin-1") as file:
                while line := file.readline(self._longest + 1):
                    self.number += 1
                    if self.number > MAX_LINES or len(line) > self._longest:
                        limits = f"more than {MAX_LINES} lines or {self._longest} characters per line"
                        self.fail(f"{limits}; use more or shorter lines", self.number)
                    if self.number == 1 and line.startswith(UTF_16):
                        self.fail("the text is UTF-16; save it as UTF-8")
                    if "\0" in line:
                        self.fail("the file contains a NUL byte, so it is binary; pass a text file", self.number)
                    if self.number == 1:
                        line = line.removeprefix(BOM)
                    line = line.strip()
                    if line and (self._remarks or not line.startswith("#")):
                        yield line
        except (OSError, ValueError) as error:
            if isinstance(error, InstanceError):
                raise
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
            self.fail(f"cannot be read ({reason}); check the path and its permissions")


def blocks(lines: Lines) -> Iterator[Lines]:
    """Yields blocks of lines of about ``MAX_BLOCK`` characters, so that parsing a block takes little memory."""
    begin = size = 0
    for k, (_, line) in enumerate(lines):
        size += len(line) + 1
        if size >= MAX_BLOCK:
            yield lines[begin : k + 1]
            begin, size = k + 1, 0
    if begin < len(lines):
        yield lines[begin:]


def numbers_of(file: TextFile, line: str, number: int | None = None) -> list[float]:
    """Returns the numbers of a line, each finite and below 1e15.

    Args:
        file: the file of the line.
        line: its text.
        number: its line number; None: that of the line read last.
    Raises:
        InstanceError: if the line contains anything else; the message names file and line.
    """
    try:
        if "_" in line:  # float() accepts 1_000
            raise ValueError
        numbers = list(map(float, line.split()))
    except ValueError:
        file.fail(f"expected numbers, got {quote(line)}; check this section and its counts", number or file.number)
    if not sum(map(abs, numbers)) < 1e15 and not all(abs(number) < 1e15 for number in numbers):  # the sum is faster
        file.fail(f"numbers must be finite and below 1e15, got {quote(line)}; correct the value", number or file.number)
    return numbers


def array_of(file: TextFile, lines: Lines) -> NDArray[np.float64]:
    """Returns the numbers of all lines from ``take_data``, concatenated and checked as by ``numbers_of``."""
    text = " ".join(line for _, line in lines)
    try:
        numbers = np.array(text.split(), np.float64)
    except ValueError:
        numbers = np.full(1, np.nan)
    if "_" in text or not (np.abs(numbers) < LARGEST).all():
        return np.array([each for number, line in lines for each in numbers_of(file, line, number)])
    return numbers


def name_of(file: TextFile, given: str | None, default: str | None = None) -> str:
    """Returns the name of an instance or a node: from the file, else ``default``, else the file's own name.

    Raises:
        InstanceError: if the name is too long or not printable.
    """
    name = " ".join((given or "").split())
    if not name and default is not None:
        return default
    if not name:
        stem = file.path.stem
        return stem if stem.isprintable() else ascii(stem)[1:-1]
    with suppress(UnicodeError):
        name = name.encode("latin-1").decode("utf-8")
    if len(name) > MAX_NAME or not name.isprintable():
        file.fail(f"a name must be at most {MAX_NAME} printable characters, got {quote(name)}; shorten it")
    return name


def is_data(line: str | None) -> bool:
    """Returns whether a line is data and not a keyword, which begins with a letter."""
    return line is not None and (not line[0].isalpha() or NOT_FINITE.match(line) is not None)


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes a file atomically, through a temporary file in the same folder.

    Raises:
        InstanceError: if the file cannot be written.
    """
    target = Path(path)
    try:
        with replacing(target) as beside:
            beside.write_bytes(content)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise InstanceError(f"{ascii(str(target))} cannot be written ({reason}); check the folder") from None
