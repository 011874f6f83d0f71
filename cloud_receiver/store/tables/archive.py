"""What of old months stands in files, so that nothing is missed without a word."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from cloud_receiver.store.tables.catalogue import metadata

archive_part = Table(
    "archive_part",
    metadata,  # one Parquet file of one month; store.archive
    Column("kind", Text, primary_key=True),  # the table the rows are of
    Column("month", Text, primary_key=True),  # YYYY-MM
    Column("part_no", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3 ...
    Column("file", Text, nullable=False),  # below the archive's folder
    Column("rows", BigInteger, nullable=False),
    Column("first_no", BigInteger, nullable=False),  # of the journal's rows; else 0
    Column("last_no", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),  # of the file
    Column("rows_sha256", Text, nullable=False),  # of what the rows say
    Column("written_utc_ms", BigInteger, nullable=False),
    Column("removed_utc_ms", BigInteger),  # since then the file has it alone; null: not removed
    # employee ids of days, the least and the greatest; null: of the journal, or not looked at yet
    Column("first_who", Text),
    Column("last_who", Text),
)
carried_day = Table(
    "carried_day",
    metadata,  # the last scheduled day of a person that was removed: what runs of days go on from
    Column("employee_id", Text, primary_key=True),
    Column("work_date", Text, nullable=False),
    Column("facts", Text, nullable=False),
)
