"""Every error that a user of the pipeline can meet. A class's docstring is its message where none is given."""


class InquiryError(Exception):
    """The pipeline cannot do this."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__ or "")


def describe(error: BaseException) -> str:
    """An error in one line, for a log or a dead letter."""
    return f"{type(error).__name__}: {error}"


class ConfigurationError(InquiryError):
    """The configuration is not usable."""


class RulesError(ConfigurationError):
    """The routing rules are not usable. The message names the file, the line and the path in it."""


class BundleError(ConfigurationError):
    """The model bundle is missing, incomplete or damaged."""


class BackendError(ConfigurationError):
    """A model that is configured for a task cannot be used."""


class StoreUnavailable(InquiryError):
    """The database cannot be reached."""


class StoreBusy(InquiryError):
    """The database did not finish in time."""


class StoreError(InquiryError):
    """The database refused a statement."""


class NotFound(InquiryError):
    """There is nothing with this identifier."""


class IllegalStatusChange(InquiryError):
    """The inquiry cannot go from its present status to that one."""


class NotAssessed(InquiryError):
    """The inquiry is not assessed yet: there is nothing to correct and nobody who has it."""


class IllegalAssignment(InquiryError):
    """The inquiry cannot be given to them."""


class UnknownLabel(InquiryError):
    """Nobody knows this label. `field` is where it stands."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class IdempotencyConflict(InquiryError):
    """The Idempotency-Key was used before, with another request."""


class DataError(InquiryError):
    """A record of an input file is not usable. The message names the file, the line and the field."""
