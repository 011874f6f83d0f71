"""How boxes get their certificates, and the broker its settings."""
