"""Ways to tell people: one Notifier contract, one module a channel."""
