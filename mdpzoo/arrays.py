"""NumPy archives (.npz) as hostile input: read without unpickling, measured before they are unpacked."""

import zipfile
from collections.abc import Collection
from pathlib import Path

import numpy as np

from mdpzoo.errors import InstanceError
from mdpzoo.files import replacing

LARGEST = 4 << 30  # bytes that an archive may unpack to


def read_arrays(path: str | Path, names: Collection[str], optional: Collection[str] = ()) -> dict[str, np.ndarray]:
    """Reads arrays from an archive; other members are not read.

    Args:
        path: the file.
        names: the arrays that the archive must contain.
        optional: arrays that are read if present.

    Raises:
        InstanceError: the file is missing, damaged, too large or lacks an array; says which.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {each.filename.removesuffix(".npy"): each.file_size for each in archive.infolist()}
            if missing := [name for name in names if name not in sizes]:
                raise InstanceError(f"{path.name} has no array {missing[0]!r}; it has {sorted(sizes)!s:.100}")
            wanted = [name for name in (*names, *optional) if name in sizes]
            if sum(sizes[name] for name in wanted) > LARGEST:
                raise InstanceError(f"{path.name} would unpack to more than {LARGEST >> 30} GiB; give a smaller model")
            return {name: _array(archive, name) for name in wanted}
    except InstanceError:
        raise
    except Exception as error:  # whatever a hostile file provokes in the readers of zips and of NumPy's headers
        raise InstanceError(f"{path.name} cannot be read as a NumPy archive (.npz): {error!s:.120}") from None


def write_arrays(path: str | Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes a compressed archive, whole or not at all.

    Raises:
        OSError: the folder cannot be written.
    """
    with replacing(Path(path)) as beside, beside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """Reads one array; its header may not promise more than the file holds."""
    member = f"{name}.npy"
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, kind = header(file)
        if kind.hasobject:
            raise InstanceError(f"array {name!r} holds Python objects, which are never unpickled; leave it out")
        if np.prod(shape, dtype=object) * kind.itemsize > archive.getinfo(member).file_size:
            raise InstanceError(f"array {name!r} is cut short")
    with archive.open(member) as file:
        return np.lib.format.read_array(file, allow_pickle=False)
