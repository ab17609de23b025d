"""`python -m inquiry_pipeline.entrypoints.cli` is the command `inquiry`."""

from inquiry_pipeline.entrypoints.cli import main

main()
