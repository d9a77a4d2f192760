"""Text files taken as hostile: capped, one line at a time, every complaint naming file and line; and atomic writing."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from mdpzoo.errors import InstanceError
from mdpzoo.files import replacing

MAX_BYTES = 24 * 2**20  # about two seconds of parsing
MAX_LINES = 1_000_000
MAX_LINE = 2**20  # characters


def shown(value: object) -> str:
    """A value as errors print it: quoted, escaped, at most 40 characters."""
    text = str(value)
    return ascii(text if len(text) <= 40 else text[:37] + "...")


class TextFile:
    """The lines of a file that are not blank, one at a time, with one line of looking ahead."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Opens nothing until the first line is asked for."""
        self.name = ascii(os.fspath(path))
        self.number = 0
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

    def _lines(self, path: str | os.PathLike[str]) -> Iterator[str]:
        try:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):
                self.fail("not a regular file; give the path of a TSPLIB file")
            if status.st_size > MAX_BYTES:
                self.fail(f"the file has {status.st_size} bytes, more than {MAX_BYTES}; give a smaller instance")
            with open(path, encoding="latin-1") as file:
                while line := file.readline(MAX_LINE + 1):
                    self.number += 1
                    if self.number > MAX_LINES or len(line) > MAX_LINE:
                        self.fail(f"more than {MAX_LINES} lines or {MAX_LINE} characters a line; break it", self.number)
                    if "\0" in line:
                        self.fail("a NUL byte; this is a binary file, give a TSPLIB text file", self.number)
                    if line := line.strip():
                        yield line
        except (OSError, ValueError) as error:
            if isinstance(error, InstanceError):
                raise
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
            self.fail(f"cannot be read ({reason}); check the path and its permissions")


def numbers_of(file: TextFile, line: str) -> list[float]:
    """The numbers of a line, each finite and below 1e15.

    Raises:
        InstanceError: anything else; names file and line.
    """
    try:
        if "_" in line:  # float() takes 1_000
            raise ValueError
        numbers = list(map(float, line.split()))
    except ValueError:
        file.fail(f"expected numbers, got {shown(line)}; check that section and its counts", file.number)
    if not sum(map(abs, numbers)) < 1e15 and not all(abs(number) < 1e15 for number in numbers):  # the sum is faster
        file.fail(f"numbers must be finite and below 1e15, got {shown(line)}; correct the value", file.number)
    return numbers


def is_data(line: str | None) -> bool:
    """Whether a line belongs to the data of a section; everything else begins with a keyword's capital letter."""
    return line is not None and not re.match(r"[A-Z][A-Z_0-9]*\s*(:|$)", line)


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
