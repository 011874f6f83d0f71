"""Devices. A driver reads; it never touches SQLite or MQTT and never clears or locks a device."""
