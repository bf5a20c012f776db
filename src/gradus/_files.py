"""Whole files or none: a file is replaced in one step, and its last version can be kept beside it.

What is inside the bytes is not known here.

A kill at any moment, and a loss of power on a file system that keeps what was synced, leave the old
file or the new one under the name, never a part. The order that gives this:

1. write the bytes to `.NAME.writing` in the same folder and sync that file;
2. if the old version is to be kept, give it a second name `.NAME.keeping` (a hard link) and rename
   that to `NAME.previous`, so that `NAME` never goes missing;
3. rename `.NAME.writing` to `NAME` and sync the folder.
"""

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK}


def previous_name(path: Path) -> Path:
    """Name the version before the present one: `NAME.previous`."""
    return path.with_name(f"{path.name}.previous")


def remove_leftovers(path: Path) -> None:
    """Remove what a killed write of `path` may have left beside it; no harm where nothing is.

    Not to be called while another thread or process writes the same name.
    """
    for leftover in (_writing_name(path), _keeping_name(path)):
        leftover.unlink(missing_ok=True)


def write_atomically(
    path: Path, data: bytes, *, keep_previous: bool = False, is_lasting: bool = True
) -> None:
    """Put `data` under `path`, whole or not at all, and safe from a loss of power on return.

    The permissions of a file that is replaced carry over; a new file gets the usual ones.
    A symbolic link is followed, so the link stays and the file behind it is replaced.

    Parameters
    ----------
    path
        Its folder must exist.
    data
        All bytes of the file.
    keep_previous
        Keep the version replaced as `NAME.previous`. Where the file system has no hard links,
        `NAME` is missing for a moment while `NAME.previous` is whole.
    is_lasting
        False does not wait for the disk: a loss of power may then leave a part.

    Raises
    ------
    OSError
        If a call to the system fails. `path` then holds what it held before (if only the last sync
        of the folder failed: the new bytes), and nothing is left beside it. A failed sync is never
        tried again on the same file, because the system may have dropped the data.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not (path.is_file() or path.is_dir()):
        # A rename would put a file in the place of a device or a pipe.
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    with alone_in(path.parent):
        remove_leftovers(path)
        try:
            _write(_writing_name(path), data, like=path, is_synced=is_lasting)
            if keep_previous and path.is_file():
                _keep(path)
            _writing_name(path).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                remove_leftovers(path)
            raise
    if is_lasting:
        _sync_folder(path.parent)


def why_not_written(path: Path, size: int, cause: OSError) -> str:
    """Say in a sentence that `path` could not be written, and how much room there is for it.

    Parameters
    ----------
    path
        As the caller named it.
    size
        Bytes that were to be written.
    cause
        What the system said.
    """
    import shutil

    room = ""
    with contextlib.suppress(OSError):
        room = f" ({size:,} bytes needed, {shutil.disk_usage(path.parent).free:,} free)"
    return f"{path} could not be written: {cause.strerror}{room}."


def _writing_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.writing")


def _keeping_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.keeping")


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process or thread writes in a folder, and keep others waiting.

    Two that write one name would take each other's half-written file for their own. Where the
    system knows no lock on a folder, as on some network file systems, nobody waits.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, data: bytes, *, like: Path, is_synced: bool) -> None:
    """Create `path` with `data` and the permissions of `like`, and sync it if that is asked for."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.fchmod(descriptor, stat.S_IMODE(like.stat().st_mode))
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if is_synced:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep(path: Path) -> None:
    """Make `NAME.previous` the file that `path` is now, without taking `path` away.

    Where both names already mean one file (a write was killed between steps 2 and 3) there is
    nothing to do, and a rename would leave its source standing.
    """
    previous = previous_name(path)
    if previous.exists() and previous.samefile(path):
        return
    try:
        _keeping_name(path).hardlink_to(path)
    except OSError as cause:
        if cause.errno not in _NO_LINKS:
            raise
        path.replace(previous)
    else:
        _keeping_name(path).replace(previous)


def _sync_folder(folder: Path) -> None:
    """Sync the names in a folder; some network file systems know no such thing and say EINVAL."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as cause:
        if cause.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)
