"""CSV and TSV files cut into blocks of rows; the first line names the fields."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from codetune.rejection import Rejection
from codetune.sources.files.faults import FileFault
from codetune.sources.files.input_files import InputFile
from codetune.sources.files.row_blocks import Block

__all__ = ["csv_blocks"]

_ROWS = 5_000
_MORE = "the line has more fields than the first one; a field with a comma in it has to be quoted"
_MAX_FIELD_CHARACTERS = 16 << 20


def csv_blocks(file: InputFile) -> Iterator[Block]:
    """Blocks of rows as objects; what makes the rest unreadable becomes the last block's fault.

    Args:
        file: A CSV file; a TSV file where its name ends so.
    """
    csv.field_size_limit(_MAX_FIELD_CHARACTERS)
    tabs = file.plain_name.lower().endswith(".tsv")
    first, held = 1, []
    try:
        with file.open() as stream:
            text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
            for row in csv.DictReader(text, delimiter="\t" if tabs else ",", strict=True):
                held.append(Rejection("too many fields", _MORE) if None in row else row)
                if len(held) == _ROWS:
                    yield Block(file.name, first, "objects", held)
                    first, held = first + len(held), []
    except FileFault as fault:
        yield Block(file.name, first, "objects", held, ((first + len(held), fault.reason, fault.detail),))
    except csv.Error as error:
        yield Block(file.name, first, "objects", held, ((first + len(held), "not CSV", str(error)),))
    else:
        if held:
            yield Block(file.name, first, "objects", held)
