"""The licence of code as an SPDX expression, where it can be told; a guess is never made.

Told by, first match wins: an `SPDX-License-Identifier` or a licence's notice in the file itself; the package's
metadata; the licence texts, by phrases that only that licence has.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = [
    "is_license_file",
    "license_of_folder",
    "license_of_header",
    "license_of_text",
    "licenses_together",
    "spdx_of_name",
]

_HEADER = re.compile(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+\-() ]{2,120})")
_EXPRESSION = re.compile(r"^[A-Za-z0-9.+\-()/ ]{2,120}$")
_FILE_NAMES = re.compile(
    r"(?i)^(((un)?licen[sc]e|copying)([.-][\w.-]*)?|(mit|apache|bsd)-licen[sc]e)(?<!\.py)(?<!\.js)(?<!\.go)$"
)

_TEXTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("AGPL-3.0-only", ("gnu affero general public license version 3",)),
    ("LGPL-3.0-only", ("gnu lesser general public license version 3",)),
    ("LGPL-2.1-only", ("gnu lesser general public license version 2 1",)),
    ("LGPL-2.0-only", ("gnu library general public license version 2",)),
    ("GPL-3.0-only", ("gnu general public license version 3",)),
    ("GPL-2.0-only", ("gnu general public license version 2",)),
    ("MPL-2.0", ("mozilla public license version 2 0",)),
    ("EPL-2.0", ("eclipse public license v 2 0",)),
    ("Apache-2.0", ("apache license version 2 0",)),
    ("PSF-2.0", ("python software foundation license version 2",)),
    ("CC-BY-NC-SA-4.0", ("attribution noncommercial sharealike 4 0 international",)),
    ("CC-BY-NC-4.0", ("attribution noncommercial 4 0 international",)),
    ("CC-BY-SA-4.0", ("attribution sharealike 4 0 international",)),
    ("CC-BY-4.0", ("attribution 4 0 international",)),
    ("CC0-1.0", ("cc0 1 0 universal",)),
    ("BSL-1.0", ("boost software license version 1 0",)),
    ("Unlicense", ("this is free and unencumbered software released into the public domain",)),
    ("Artistic-2.0", ("the artistic license 2 0",)),
    ("WTFPL", ("do what the fuck you want to public license",)),
    ("Zlib", ("this software is provided as is without any express or implied warranty",
              "altered source versions must be plainly marked")),
    ("BSD-3-Clause", ("redistribution and use in source and binary forms",
                      "neither the name of")),
    ("BSD-2-Clause", ("redistribution and use in source and binary forms",
                      "redistributions in binary form must reproduce")),
    ("MIT", ("permission is hereby granted free of charge to any person obtaining a copy",
             "the above copyright notice and this permission notice shall be included")),
    ("ISC", ("permission to use copy modify and or distribute this software for any purpose with or "
             "without fee is hereby granted provided that the above copyright notice",)),
    ("0BSD", ("permission to use copy modify and or distribute this software for any purpose with or "
              "without fee is hereby granted",)),
)  # fmt: skip

_SHORT = 1500
"""Characters of a licence file that only names a licence."""
_IMPLIED = (("BSD-3-Clause", "BSD-2-Clause"), ("ISC", "0BSD"))
"""The phrases of the second are also in the first."""

_NOTICES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("MIT OR Apache-2.0", re.compile(r"apache license version 2 0 .{0,120}\bor (?:the )?(?:license mit\b|mit license)")),
    ("Apache-2.0", re.compile(r"licen[cs]ed (?:to .{0,200})?under (?:the )?apache (?:license )?(?:version |v)?2 0")),
    ("MPL-2.0", re.compile(r"subject to the terms of the mozilla public license v(?:ersion)? 2 0")),
    ("AGPL-3.0-or-later", re.compile(r"gnu affero general public license as .{0,80}version 3 .{0,40}any later version")),
    ("LGPL-2.1-or-later", re.compile(r"gnu lesser general public license as .{0,80}version 2 1 .{0,40}any later version")),
    ("LGPL-3.0-or-later", re.compile(r"gnu lesser general public license as .{0,80}version 3 .{0,40}any later version")),
    ("GPL-2.0-or-later", re.compile(r"gnu general public license as .{0,80}version 2 .{0,40}any later version")),
    ("GPL-3.0-or-later", re.compile(r"gnu general public license as .{0,80}version 3 .{0,40}any later version")),
    ("BSL-1.0", re.compile(r"(?:distributed|licensed) under the boost software license version 1 0")),
    ("MIT", re.compile(r"permission is hereby granted free of charge to any person obtaining a copy .{0,700}"
                       r"the above copyright notice and this permission notice shall be included")),
    ("BSD-3-Clause", re.compile(r"redistribution and use in source and binary forms .{0,1200}neither the name")),
)  # fmt: skip
"""How licences are stated in few words, at the top of a file; the first that fits is it."""

_CLASSIFIERS = {
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}


def is_license_file(name: str) -> bool:
    """Whether a file of that name holds a licence text (`LICENSE`, `COPYING.txt`, `LICENSE-MIT` ...)."""
    return bool(_FILE_NAMES.match(name))


def license_of_header(text: str) -> str | None:
    """The licence that a file states for itself: an SPDX-License-Identifier or a notice at its top, or None."""
    found = _HEADER.search(text, 0, 2000)
    return _clean(found[1].rstrip("*/ -#")) if found else _noticed(_plain(text[:4000]))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text.lower()).split())


def _noticed(plain: str) -> str | None:
    return next((spdx for spdx, notice in _NOTICES if notice.search(plain)), None)


def license_of_text(text: str) -> str | None:
    """The SPDX id of a licence's text, or None where no distinctive phrase, or those of several, are in it.

    GPL texts alone don't say "or later", so they read as `-only`.
    """
    plain = _plain(text[:40_000])
    # Names and grants stand at the top; further down, licences name others and bundles add theirs.
    heading = plain[:1500]
    named = {spdx for spdx, phrases in _TEXTS if phrases[0] in heading and all(p in plain for p in phrases)}
    named -= {weaker for stronger, weaker in _IMPLIED if stronger in named}
    if not named and len(plain) < _SHORT:
        return _noticed(plain)
    return named.pop() if len(named) == 1 else None


def license_of_folder(folder: Path) -> str | None:
    """The licence stated by the files of one folder (its parents are not looked at).

    Several licence texts: a choice (`OR`) where they are named after their licences, as
    `LICENSE-MIT` beside `LICENSE-APACHE`; all of them (`AND`) otherwise.
    """
    stated = _license_of_metadata(folder)
    if stated is not None:
        return stated
    found: dict[str, str] = {}
    try:
        names = sorted(entry.name for entry in folder.iterdir() if is_license_file(entry.name))
    except OSError:
        return None
    for name in names:
        spdx = license_of_text(_read(folder / name))
        if spdx is not None:
            found.setdefault(spdx, name)
    return licenses_together(found)


def licenses_together(found: Mapping[str, str]) -> str | None:
    """The expression of several licence texts of one folder.

    Args:
        found: SPDX id -> name of the file that holds its text.
    """
    if not found:
        return None
    choice = len(found) > 1 and all(
        "-" in name or name.upper().startswith("UNLICEN") for name in found.values()
    )
    return (" OR " if choice else " AND ").join(sorted(found))


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(100_000)
    except OSError:
        return ""


def _clean(expression: Any) -> str | None:
    if not isinstance(expression, str):
        return None
    text = " ".join(expression.split())
    text = re.sub(r"\s*/\s*", " OR ", text)  # how crates wrote it before SPDX expressions
    if not _EXPRESSION.match(text) or text.upper() in {"UNLICENSED", "NOASSERTION", "NONE", "PROPRIETARY"}:
        return None
    words = re.split(r"[() ]+", text)
    operators = {"AND", "OR", "WITH", ""}
    well_formed = all(
        w in operators or (re.search(r"\d", w) or w.isupper() or w in _PLAIN_IDS) for w in words
    )
    return text if well_formed and (len(words) < 2 or operators & set(words)) else None


_PLAIN_IDS = frozenset({"Unlicense", "Zlib", "Artistic", "OpenSSL", "Ruby", "PostgreSQL", "curl", "Beerware"})


def _license_of_metadata(folder: Path) -> str | None:
    readers = (
        ("pyproject.toml", _of_pyproject),
        ("Cargo.toml", lambda text: _clean(tomllib.loads(text).get("package", {}).get("license"))),
        ("package.json", lambda text: _of_json(json.loads(text))),
        ("composer.json", lambda text: _of_json(json.loads(text))),
    )
    for name, read in readers:
        if (folder / name).is_file():
            try:
                found = read(_read(folder / name))
            except (ValueError, AttributeError, TypeError, RecursionError):
                continue  # somebody else's broken metadata says nothing about the licence
            if found is not None:
                return found
    return None


def _of_pyproject(text: str) -> str | None:
    project = tomllib.loads(text).get("project", {})
    stated = project.get("license")
    if isinstance(stated, dict):
        stated = stated.get("text")
    found = _clean(stated)
    if found is not None:
        return found
    last = [
        str(c).rpartition(" :: ")[2]
        for c in project.get("classifiers", ())
        if str(c).startswith("License ::")
    ]
    known = sorted({_CLASSIFIERS[name] for name in last if name in _CLASSIFIERS})
    return " OR ".join(known) if known and len(known) == len(last) else None


def _of_json(plain: Any) -> str | None:
    stated = plain.get("license")
    if isinstance(stated, list):  # composer: a list is a choice
        parts = [_clean(part) for part in stated]
        return " OR ".join(sorted(p for p in parts if p)) if parts and all(parts) else None
    if isinstance(stated, dict):
        stated = stated.get("type")
    return _clean(stated)


_NAMES = {
    spdx.lower(): spdx
    for spdx in (
        "MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MPL-2.0", "Unlicense", "CC0-1.0", "EPL-1.0",
        "EPL-2.0", "BSL-1.0", "Zlib", "WTFPL", "0BSD", "Artistic-2.0", "AFL-3.0", "MS-PL", "PostgreSQL", "NCSA",
        "CC-BY-4.0", "CC-BY-SA-4.0", "OFL-1.1", "ECL-2.0", "EUPL-1.1", "PSF-2.0",
    )
} | {f"{name}-{version}": f"{name.upper()}-{version}-only" for name, versions in
     (("gpl", ("2.0", "3.0")), ("lgpl", ("2.1", "3.0")), ("agpl", ("3.0",))) for version in versions}  # fmt: skip


def spdx_of_name(name: str | None) -> str | None:
    """The SPDX id of a licence as data sets write it (`mit`, `bsd-3-clause`, `gpl-3.0`); None if unknown."""
    return _NAMES.get(name.strip().lower()) if name else None
