"""ZKTeco terminals that push: the terminal is the HTTP client, the box the server."""
