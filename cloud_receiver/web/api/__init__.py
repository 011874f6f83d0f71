"""The REST interface under ``/api/v1``: headquarters for machines."""
