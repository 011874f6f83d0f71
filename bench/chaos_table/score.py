"""What a scenario left at headquarters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """`unique` of `records` arrived, in `rows` rows."""

    records: int
    unique: int
    rows: int

    def __str__(self) -> str:
        lost, doubled = self.records - self.unique, self.rows - self.unique
        return f"{lost} lost" + (f", {doubled} double" if doubled else "")
