"""Where the world gets in: the HTTP API, the worker, the command line."""
