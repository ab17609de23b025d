"""The command `inquiry`."""

import sys

import typer

from inquiry_pipeline import __version__
from inquiry_pipeline.core.errors import ConfigurationError, DataError, InquiryError, StoreUnavailable
from inquiry_pipeline.entrypoints.cli import classify, demo, evaluate, models, rules, server, train
from inquiry_pipeline.store.embedded import DataFolderLocked

EXIT_CODES: dict[type[InquiryError], int] = {
    ConfigurationError: 3,
    DataFolderLocked: 4,
    StoreUnavailable: 5,
    server.PortInUse: 6,
    DataError: 7,
}
"""What a script can tell from the exit code; 1 is any other error, 2 a wrong command line."""

app = typer.Typer(
    help="Every message that reaches an organisation: read, prioritised, routed and stored.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(server.up)
app.command()(server.api)
app.command()(server.worker)
app.command()(server.dashboard)
app.command()(server.migrate)
app.command()(demo.demo)
app.command()(classify.classify)
app.command()(evaluate.evaluate)
app.add_typer(models.app, name="models")
app.add_typer(rules.app, name="rules")
app.add_typer(train.app, name="train")


@app.command()
def version() -> None:
    """Print the version of this program."""
    typer.echo(__version__)


def main() -> None:
    """Run a command; an error that has a name ends in one clear sentence and an exit code of its own."""
    try:
        app()
    except InquiryError as error:
        typer.secho(f"inquiry: {error}", err=True, fg=typer.colors.RED)
        sys.exit(next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1))
