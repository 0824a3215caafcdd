from importlib.metadata import distributions
from pathlib import Path

import pytest

from codetune.sources.repositories.licenses import (
    license_of_folder,
    license_of_header,
    license_of_text,
    licenses_together,
)


def test_real_licence_texts_of_installed_packages() -> None:
    """Texts as people ship them, against what the same packages state as their SPDX expression."""
    judged = wrong = 0
    for package in distributions():
        stated = package.metadata.get("License-Expression")
        files = [
            f for f in package.files or () if Path(f.name).stem.upper() in ("LICENSE", "LICENCE", "COPYING")
        ]
        if stated is None or " " in stated or len(files) != 1 or not Path(files[0].locate()).is_file():
            continue
        told = license_of_text(Path(files[0].locate()).read_text("utf-8", errors="replace"))
        if told is not None:
            judged += 1
            wrong += told.replace("-only", "") != stated.replace("-only", "").replace("-or-later", "")
    assert judged >= 10
    assert wrong == 0


def test_texts_that_name_other_licences_are_not_those() -> None:
    assert (
        license_of_text("My programme\n" * 300 + "It may be linked under the Apache License, Version 2.0")
        is None
    )
    assert license_of_text("All rights reserved.") is None


def test_a_file_that_only_names_its_licence() -> None:
    text = (
        "The library and its tools are licenced under Apache 2.0: http://www.apache.org/licenses/LICENSE-2.0"
    )
    assert license_of_text(text) == "Apache-2.0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# SPDX-License-Identifier: MIT\n", "MIT"),
        ("/* SPDX-License-Identifier: Apache-2.0 OR MIT */", "Apache-2.0 OR MIT"),
        ("<!-- SPDX-License-Identifier: GPL-2.0-only -->", "GPL-2.0-only"),
        ("x = 1", None),
        ('/*\n * Licensed under the Apache License, Version 2.0 (the "License");\n */', "Apache-2.0"),
        (
            "// Licensed under the Apache License, Version 2.0 <LICENSE-APACHE> or\n// the MIT license",
            "MIT OR Apache-2.0",
        ),
        (
            "# This Source Code Form is subject to the terms of the Mozilla Public\n# License, v. 2.0.",
            "MPL-2.0",
        ),
        (
            "/* under the terms of the GNU General Public License as published by the Free Software\n * Foundation; "
            "either version 2 of the License, or (at your option) any later version. */",
            "GPL-2.0-or-later",
        ),
        ("// Permission is hereby granted, free of charge, to any person obtaining a copy of this", None),
        ("# this file reads licenses", None),
    ],
)
def test_headers(text: str, expected: str | None) -> None:
    assert license_of_header(text) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"Cargo.toml": '[package]\nlicense = "MIT/Apache-2.0"\n'}, "MIT OR Apache-2.0"),
        ({"package.json": '{"license": "UNLICENSED"}'}, None),
        ({"package.json": "{broken", "LICENSE": "This is free and unencumbered software released into the public domain."}, "Unlicense"),
        ({"composer.json": '{"license": ["MIT", "GPL-3.0-only"]}'}, "GPL-3.0-only OR MIT"),
        ({"pyproject.toml": '[project]\nlicense = {text = "BSD-3-Clause"}\n'}, "BSD-3-Clause"),
        ({"pyproject.toml": '[project]\nlicense = {text = "see the file"}\n'}, None),
        ({"pyproject.toml": '[project]\nclassifiers = ["License :: OSI Approved :: MIT License"]\n'}, "MIT"),
        ({"LICENSE-MIT": "Permission is hereby granted, free of charge, to any person obtaining a copy ... The above copyright notice and this permission notice shall be included", "LICENSE-APACHE": "Apache License Version 2.0"}, "Apache-2.0 OR MIT"),
        ({"licenses.py": "GNU Affero General Public License version 3"}, None),
    ],
)  # fmt: skip
def test_folders(tmp_path: Path, files: dict[str, str], expected: str | None) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert license_of_folder(tmp_path) == expected


def test_several_texts_are_a_choice_where_files_are_named_after_them(tmp_path):
    mit, unlicense = {"MIT": "LICENSE-MIT"}, {"Unlicense": "UNLICENSE"}
    assert licenses_together({**mit, **unlicense}) == "MIT OR Unlicense"
    assert licenses_together({"MIT": "LICENSE", "Apache-2.0": "COPYING"}) == "Apache-2.0 AND MIT"
    assert licenses_together(mit) == "MIT"
    assert licenses_together({}) is None
