"""What every program knows that `inquiry up` may have started: how it is told, and that it ends with it."""

import os
import threading
from typing import Final

SUPERVISED: Final = "INQUIRY_SUPERVISED"
"""Set by `inquiry up` for its children: standard input is a pipe that ends when it dies."""

PROCESS_NAME: Final = "INQUIRY_PROCESS_NAME"
"""Set by `inquiry up` for its children: the same name for whoever takes the place of one that died."""


def die_with_parent() -> None:
    """Under `inquiry up`, end at once when it is killed: nobody would ever stop this process otherwise.

    Ending like that is safe at any moment: what is accepted is in the database.
    """
    if SUPERVISED not in os.environ:
        return

    def watch() -> None:
        while os.read(0, 1):  # not through sys.stdin, whose lock would disturb an orderly end
            pass
        os._exit(70)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
