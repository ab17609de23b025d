"""What Debian's packages prometheus and prometheus-alertmanager bring; without them, the tests that need them skip."""

import shutil

import pytest

_NEEDED = ("prometheus", "promtool", "prometheus-alertmanager", "amtool")

needs_prometheus = pytest.mark.skipif(
    any(shutil.which(name) is None for name in _NEEDED),
    reason="Prometheus and Alertmanager are not installed (apt-get install prometheus prometheus-alertmanager)",
)
