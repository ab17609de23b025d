"""`python -m deploy.monitoring`: Prometheus and Alertmanager beside a running pipeline, or their configuration."""

from pathlib import Path

import typer

from deploy.monitoring.options import load_options
from deploy.monitoring.rendering import render as render_into
from deploy.monitoring.running import monitor
from inquiry_pipeline.core.errors import InquiryError

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def run() -> None:
    """Start both beside the pipeline of this machine; Ctrl-C stops them."""
    monitor(load_options())


@app.command()
def render(folder: Path) -> None:
    """Write the configuration of both into a folder, for programs that are started in another way."""
    options = load_options()
    render_into(options, folder)
    typer.echo(f"Written: {folder / 'prometheus' / 'prometheus.yml'}, {folder / 'alertmanager' / 'alertmanager.yml'}")


def main() -> None:
    """Run a command; what goes wrong is said in one sentence."""
    try:
        app()
    except InquiryError as error:
        typer.echo(f"Error: {error}", err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
