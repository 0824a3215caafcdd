"""What licences add up to."""

from __future__ import annotations

import pytest

from codetune.mix.licenses import license_union, license_warnings


def test_union_is_everything_joined():
    assert license_union(["MIT", "Apache-2.0", "unknown"]) == "Apache-2.0 AND MIT AND NOASSERTION"
    assert license_union(["MIT OR Apache-2.0", "MIT"]) == "(MIT OR Apache-2.0) AND MIT"
    assert license_union(["MIT"]) == "MIT"
    assert license_union([]) == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("CC-BY-NC-4.0", "forbids commercial use"),
        ("CC-BY-NC-SA-4.0", "forbids commercial use"),
        ("MIT AND CC-BY-NC-4.0", "forbids commercial use"),
        ("CC-BY-SA-4.0", "same licence"),
        ("CC-BY-4.0", "attribution"),
        ("GPL-3.0-only", "copyleft"),
        ("LGPL-2.1-or-later", "copyleft"),
        ("LicenseRef-C-UDA-1.0", "computational use"),
    ],
)
def test_restrictions_are_said(name, words):
    (text,) = license_warnings({name: 3}, {})
    assert words in text
    assert text.startswith("3 rows")


def test_permissive_licences_raise_no_alarm():
    assert license_warnings({"MIT": 1, "Apache-2.0": 2, "BSD-3-Clause": 1, "PSF-2.0": 1}, {"code": 5}) == []


@pytest.mark.parametrize("source", ["multipl-e", "MultiPL_E", "canitedit"])
def test_benchmarks_that_forbid_training_come_first(source):
    told = license_warnings({"unknown": 2, "CC-BY-NC-4.0": 1}, {source: 7, "code": 1})
    assert len(told) == 3
    assert "forbids training" in told[0]
    assert told[0].startswith("7 rows")
