"""ZKTeco terminals over TCP or UDP, port 4370 (ZK, eSSL, Granding and other brands of them).

Read whole or by its tail, never cleared, never disabled. `frames` and `layouts` know the
bytes, `session` the conversation, `attlog` what a log and a cursor are; `driver` alone
does I/O. `quality.toml` says which models and firmwares were seen, and how.
"""
