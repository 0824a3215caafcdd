"""A check of curation: rows whose answer was never finished.

A check looks at one row and returns None or a `Rejection`: a few fixed words that can be counted, and the detail
of this row. After `import examples.new_check` it runs where the settings name it:
`codetune curate IN -o OUT --set checks=[unfinished]`.
"""

from __future__ import annotations

import re

from codetune.curate.row_checks import ROW_CHECKS
from codetune.records import Instruction
from codetune.rejection import Rejection

_MARK = re.compile(r"\b(TODO|FIXME|XXX)\b|\.\.\. rest of (the )?code")


def unfinished(row: Instruction) -> Rejection | None:
    """Reject an answer that leaves work to the reader."""
    found = _MARK.search(row.output)
    return Rejection("unfinished", found[0]) if found else None


ROW_CHECKS["unfinished"] = unfinished
