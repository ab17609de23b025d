"""Runs the Streamlit server of the dashboard in this process, until SIGTERM or SIGINT."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from streamlit.web import bootstrap

from inquiry_pipeline.entrypoints.dashboard.connection import API_URL

_HERE: Final = Path(__file__).parent
_HERE_ALONE: Final = ("127.0.0.1", "localhost", "::1")
_ALLOWED_HOSTS: Final = "STREAMLIT_SERVER_ALLOWED_HOSTS"
"""Names the hosts under which a proxy in front of it is reached."""


def serve(*, host: str, port: int, api_url: str) -> None:
    """Serve the dashboard of the API at `api_url`. `streamlit.toml` beside this file says the rest."""
    os.environ[API_URL] = api_url
    options = manners() | {"server_address": host, "server_port": port, "browser_serverAddress": host}
    if host in _HERE_ALONE and _ALLOWED_HOSTS not in os.environ:
        # A page of somebody else's, whose name points here, must not act on behalf of whoever looks at it.
        options["server_allowedHosts"] = list(_HERE_ALONE)
    bootstrap.load_config_options(options)
    bootstrap.run(str(_HERE / "app.py"), is_hello=False, args=[], flag_options=options)


def manners() -> dict[str, Any]:
    """The look and the manners, as Streamlit's flags: `theme_light_primaryColor`. They win over any other file."""
    return dict(_flags(tomllib.loads((_HERE / "streamlit.toml").read_text(encoding="utf-8"))))


def _flags(options: Mapping[str, Any], *above: str) -> Iterator[tuple[str, Any]]:
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _flags(value, *above, name)
        else:
            yield "_".join((*above, name)), value
