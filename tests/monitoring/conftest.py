"""`pytest tests/monitoring --monitoring` runs a whole installation, too, with Prometheus and Alertmanager."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--monitoring", action="store_true", help="run a pipeline with Prometheus and Alertmanager")


@pytest.fixture(scope="session")
def asked_for(request: pytest.FixtureRequest) -> None:
    """Skips what depends on it unless --monitoring was given."""
    if not request.config.getoption("--monitoring", default=False):
        pytest.skip("takes minutes: make test-monitoring")
