"""Read candles from a Parquet file as rows of text, like those of a CSV file."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from botcore.domain.errors import InvalidInput

__all__ = ["parquet_rows"]


def parquet_rows(path: Path) -> Iterator[list[str]]:
    """Give the column names, then every row; numbers are written out exactly.

    Raises:
        InvalidInput: the file can't be read.
    """
    import duckdb  # noqa: PLC0415 30 MB that only those pay for who read such files

    try:
        with duckdb.connect() as database:
            found = database.execute("SELECT * FROM read_parquet(?)", [str(path)])
            yield [column[0] for column in found.description]
            while rows := found.fetchmany(10_000):
                for row in rows:
                    yield [_text(value) for value in row]
    except duckdb.Error as error:
        raise InvalidInput.of(str(path), f"can't be read: {error}") from None


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
