"""Metrics and logs: defined here once, recorded by the pipeline and the edges."""
