"""The rules file as it is now: read again when it changes, kept as it was when an edit breaks it."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from inquiry_pipeline.core.errors import RulesError
from inquiry_pipeline.routing.rules import RuleSet, parse_content, read_rules

logger = logging.getLogger(__name__)

# A file written again within the clock step of its file system can keep its time stamp: until it has been quiet
# for this long, its content is compared instead.
_SETTLED_SECONDS = 2.0


class RuleBook:
    """The rule set in force. Thread-safe; looks at the file at most once in `check_seconds`, on access.

    A broken edit leaves the rules as they are: `problem` then says what is wrong, until the file is right again.
    `on_reload` is called once for every distinct edit with "loaded" or "rejected", in the thread that noticed it.
    Who has to follow the rules compares `current.version` with the version that they followed last.
    """

    def __init__(
        self,
        path: Path,
        on_reload: Callable[[str], None] | None = None,
        *,
        check_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load the rules. Raises RulesError when they cannot be read or are not right."""
        self.path = path
        self._on_reload = on_reload
        self._check_seconds = check_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._mark = self._look()
        content = read_rules(self.path)
        self._rules = parse_content(content, source=str(self.path))
        self._active = self._seen = _digest(content)
        self._problem: str | None = None
        self._next_check = clock() + check_seconds

    @property
    def current(self) -> RuleSet:
        """The rule set in force."""
        self._refresh()
        return self._rules

    @property
    def problem(self) -> str | None:
        """What is wrong with the file as it stands now; None when it is what is in force."""
        self._refresh()
        return self._problem

    def _refresh(self) -> None:
        if self._clock() < self._next_check or not self._lock.acquire(blocking=False):
            return  # not due, or another thread is at it
        try:
            self._next_check = self._clock() + self._check_seconds
            outcome = self._check()
        finally:
            self._lock.release()
        if outcome and self._on_reload:
            self._on_reload(outcome)

    def _check(self) -> str | None:
        """Look at the file and take over an edit. The outcome, when there is a new one."""
        mark = self._look()
        if mark is not None and mark == self._mark:
            return None
        self._mark = mark
        try:
            content = read_rules(self.path)
        except RulesError as error:
            return self._judged(str(error), None, error)
        digest = _digest(content)
        if digest in {self._seen, self._active}:
            return self._judged(digest, self._rules, None)
        try:
            return self._judged(digest, parse_content(content, source=str(self.path)), None)
        except RulesError as error:
            return self._judged(digest, None, error)

    def _judged(self, seen: str, rules: RuleSet | None, error: RulesError | None) -> str | None:
        """Note what an edit came to. None when it was judged before."""
        if seen == self._seen:
            return None
        self._seen = seen
        if rules is None:
            self._problem = str(error)
            logger.error("Routing rules not reloaded, version %s stays: %s", self._rules.version, error)
            return "rejected"
        self._rules, self._active, self._problem = rules, seen, None
        logger.info("Routing rules reloaded from %s: version %s", self.path, rules.version)
        return "loaded"

    def _look(self) -> tuple[int, int, int] | None:
        """What tells an edit apart without reading; None when only the content can tell."""
        try:
            state = self.path.stat()
        except OSError:
            return None
        if abs(time.time() - state.st_mtime) < _SETTLED_SECONDS:
            return None
        return state.st_mtime_ns, state.st_size, state.st_ino


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
