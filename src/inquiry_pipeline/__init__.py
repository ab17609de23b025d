"""Inquiry automation pipeline: read `pipeline.py` first."""

from importlib.metadata import version

__version__ = version("inquiry-pipeline")
