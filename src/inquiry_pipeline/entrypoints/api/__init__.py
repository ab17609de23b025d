"""The HTTP API under `/api/v1`."""

PREFIX = "/api/v1"
