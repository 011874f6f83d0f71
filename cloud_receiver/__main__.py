"""``python -m cloud_receiver``."""

from cloud_receiver.cli import main

main()
