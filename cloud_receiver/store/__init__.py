"""The database of headquarters: SQLAlchemy Core tables, migrations, queries."""
