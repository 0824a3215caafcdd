"""Folders of own prompt templates: every fault has its line, before the first row."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.errors import ConfigError
from codetune.tasks.prompt_templates import load_prompt_templates
from codetune.tasks.template_folder import check_template_folder

GOOD = """answers: {"yes": "Yes", "no": "No"}
variants:
  code:
    needs: [code, label]
    input: "{{ code }}"
    output: "{{ answer_word }}"
    templates:
      - name: mine
        instruction: Is it {{ lang_ }}trouble?
"""


def check(folder: Path, text: str | bytes, name: str = "defect_detection.en.yaml") -> None:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    load_prompt_templates.cache_clear()
    check_template_folder(str(folder))


def test_a_good_file_is_used(tmp_path: Path) -> None:
    check(tmp_path, GOOD)
    assert load_prompt_templates("defect_detection", "en", str(tmp_path)).names == ["mine"]
    assert len(load_prompt_templates("defect_detection", "zh", str(tmp_path)).names) > 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("variants:", "variant:", "there is no key 'variant' here"),
        ("[code, label]", "code", "needs has to be a list of fields"),
        ("[code, label]", "[kode, label]", "line 4.*|no field 'kode'"),
        ("{{ code }}", "{{ docstring }}", "the variant does not name the field 'docstring'"),
        ("{{ lang_ }}", "{{ lang_ }", "instruction is no Jinja template"),
        ("      - name: mine\n", "      - nam: mine\n", "there is no key 'nam' here"),
        ("      - name: mine\n", "      - name: 3\n", "no name of its own"),
        ('"Yes"', '"Maybe"', "the answer for yes is not read as yes"),
        ('answers: {"yes": "Yes", "no": "No"}\n', "", "`answer_word` is used without `answers`"),
        ("        instruction: Is it {{ lang_ }}trouble?\n", "", "instruction is missing or no text"),
        ("    templates:", "    template:", "there is no key 'template' here"),
        ('output: "{{ answer_word }}"', "output: 3", "output is missing or no text"),
        (GOOD, "- a", "the file has to be a mapping"),
        (GOOD, "", "the file has to be a mapping"),
        (GOOD, "variants: {}", "there are no variants"),
        (GOOD, "a: [", "not valid YAML"),
    ],
)
def test_faults_are_told_with_their_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=message) as caught:
        check(tmp_path, GOOD.replace(old, new))
    assert "defect_detection.en.yaml" in str(caught.value)


def test_files_and_folders_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        check_template_folder(str(tmp_path / "missing"))
    with pytest.raises(ConfigError, match="holds no prompt templates"):
        check_template_folder(str(tmp_path))
    with pytest.raises(ConfigError, match=r"name it defect_detection\.en\.yaml"):
        check(tmp_path, GOOD, "defect_detction.en.yaml")


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not UTF-8"):
        check(tmp_path, b"\xff\xfe")


def test_templates_cannot_reach_out_of_the_sandbox(tmp_path: Path) -> None:
    check(tmp_path, GOOD.replace("{{ lang_ }}", "{{ code.__class__.__mro__ }}"))
    template = load_prompt_templates("defect_detection", "en", str(tmp_path)).variants[0].templates[0]
    with pytest.raises(ConfigError, match=r"mine can't be filled in.*unsafe"):
        template.fill({"code": "x", "label": True}, answers={True: "Yes", False: "No"})
