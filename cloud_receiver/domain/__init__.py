"""Pure: no database, no clock, no I/O. Records in, facts, outcomes and entries out."""
