"""The commands of headquarters, one module a topic; `cloud_receiver.cli` puts them together."""
