"""Text files taken as hostile: capped, one line at a time, every complaint naming file and line; and atomic writing."""

import os
import re
import stat
from collections.abc import Iterator
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
MAX_BLOCK = 2**18  # characters that are parsed at once
MAX_NAME = 200  # characters
BOM = "\xef\xbb\xbf"  # what some spreadsheets begin a file with, read as Latin-1
UTF_16 = ("\xff\xfe", "\xfe\xff")

NOT_FINITE = re.compile(r"(nan|inf|infinity)\b", re.IGNORECASE)
Lines = list[tuple[int, str]]  # of a file, with their numbers


def shown(value: object) -> str:
    """A value as errors print it: quoted, escaped, at most 40 characters."""
    text = str(value)
    return ascii(text if len(text) <= 40 else text[:37] + "...")


class TextFile:
    """The lines of a file that are not blank, one at a time, with one line of looking ahead."""

    def __init__(self, path: str | os.PathLike[str], longest: int = MAX_LINE) -> None:
        """Opens nothing until the first line is asked for.

        Args:
            path: of the file.
            longest: characters that a line may have.
        """
        self.path = Path(path)
        self.name = ascii(os.fspath(path))
        self._longest = longest
        self.number = 0
        self._remarks = True
        self._source = self._lines(path)
        self._ahead: str | None = None

    def fail(self, sentence: str, line: int | None = None) -> NoReturn:
        """Raises an error that names the file, and the line where it has one."""
        where = f", line {line}" if line else ""
        raise InstanceError(f"{self.name}{where}: {sentence}") from None

    def peek(self) -> str | None:
        """The next line, stripped, or None at the end."""
        if self._ahead is None:
            self._ahead = next(self._source, None)
        return self._ahead

    def take(self) -> str:
        """Takes the line that ``peek`` showed."""
        line, self._ahead = self._ahead, None
        assert line is not None
        return line

    def skip_remarks(self) -> None:
        """Leaves out the lines from here on that begin with ``#``."""
        self._remarks = False
        if self._ahead is not None and self._ahead.startswith("#"):
            self._ahead = None

    def take_data(self) -> Lines:
        """Takes the lines of numbers that come next, with their line numbers."""
        lines: Lines = []
        while is_data(line := self.peek()):
            assert line is not None
            lines.append((self.number, line))
            self._ahead = None
        return lines

    def _lines(self, path: str | os.PathLike[str]) -> Iterator[str]:
        try:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):
                self.fail("not a regular file; give the path of a text file")
            if status.st_size > MAX_BYTES:
                self.fail(f"the file has {status.st_size} bytes, more than {MAX_BYTES}; give a smaller instance")
            with open(path, encoding="latin-1") as file:
                while line := file.readline(self._longest + 1):
                    self.number += 1
                    if self.number > MAX_LINES or len(line) > self._longest:
                        limits = f"more than {MAX_LINES} lines or {self._longest} characters a line"
                        self.fail(f"{limits}; break it", self.number)
                    if self.number == 1 and line.startswith(UTF_16):
                        self.fail("the text is UTF-16; save it as UTF-8")
                    if "\0" in line:
                        self.fail("a NUL byte; this is a binary file, give a text file", self.number)
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
    """Cuts lines into runs of about a mebibyte, so that what is made of a run takes little memory."""
    begin = size = 0
    for k, (_, line) in enumerate(lines):
        size += len(line) + 1
        if size >= MAX_BLOCK:
            yield lines[begin : k + 1]
            begin, size = k + 1, 0
    if begin < len(lines):
        yield lines[begin:]


def numbers_of(file: TextFile, line: str, number: int | None = None) -> list[float]:
    """The numbers of a line, each finite and below 1e15.

    Args:
        file: which it is from.
        line: its text.
        number: its number, where it is not the last that was read.
    Raises:
        InstanceError: anything else; names file and line.
    """
    try:
        if "_" in line:  # float() takes 1_000
            raise ValueError
        numbers = list(map(float, line.split()))
    except ValueError:
        file.fail(f"expected numbers, got {shown(line)}; check that section and its counts", number or file.number)
    if not sum(map(abs, numbers)) < 1e15 and not all(abs(number) < 1e15 for number in numbers):  # the sum is faster
        file.fail(f"numbers must be finite and below 1e15, got {shown(line)}; correct the value", number or file.number)
    return numbers


def array_of(file: TextFile, lines: Lines) -> NDArray[np.float64]:
    """The numbers of all lines that ``take_data`` took, one after another; checked as by ``numbers_of``."""
    text = " ".join(line for _, line in lines)
    try:
        numbers = np.array(text.split(), np.float64)
    except ValueError:
        numbers = np.full(1, np.nan)
    if "_" in text or not (np.abs(numbers) < LARGEST).all():
        return np.array([each for number, line in lines for each in numbers_of(file, line, number)])
    return numbers


def name_of(file: TextFile, given: str | None, default: str | None = None) -> str:
    """The name of an instance or a node as the file gives it, else ``default``, else the name of the file.

    Raises:
        InstanceError: a name that cannot be printed on a line.
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
        file.fail(f"a name must be at most {MAX_NAME} printable characters, got {shown(name)}; shorten it")
    return name


def is_data(line: str | None) -> bool:
    """Whether a line belongs to the data of a section; a keyword begins with a letter."""
    return line is not None and (not line[0].isalpha() or NOT_FINITE.match(line) is not None)


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes a file through a temporary one beside it, so that it is there whole or not at all.

    Raises:
        InstanceError: the folder cannot be written.
    """
    target = Path(path)
    try:
        with replacing(target) as beside:
            beside.write_bytes(content)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise InstanceError(f"{ascii(str(target))} cannot be written ({reason}); check the folder") from None
