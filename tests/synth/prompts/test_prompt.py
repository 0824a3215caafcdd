from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from codetune.errors import ConfigError
from codetune.synth.prompts.prompt import load_prompt, prompt_names
from codetune.synth.prompts.prompt_loading import PROMPTS

TEMPLATE = "{% block system %}Be brief.{% endblock %}{% block user %}Say {{ word }}.{% endblock %}"
DATA = 'shots:\n  - variables: {word: "one"}\n    answer: {said: "one"}\nopenings: [a, b]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "say.en.jinja").write_text(TEMPLATE, "utf-8")
    (tmp_path / "say.en.yaml").write_text(DATA, "utf-8")
    return tmp_path


def test_examples_are_worded_like_the_question(folder: Path) -> None:
    prompt = load_prompt("say.en", folder, variables={"word"})
    messages = prompt.messages({"word": "two"})
    assert [(m.role, m.content) for m in messages] == [
        ("system", "Be brief."),
        ("user", "Say one."),
        ("assistant", '{"said": "one"}'),
        ("user", "Say two."),
    ]
    assert len(prompt.messages({"word": "two"}, shots=0)) == 2
    assert prompt.extras == {"openings": ["a", "b"]}
    assert prompt_names(folder) == ("say.en",)


def test_an_override_takes_the_place_of_one_file_and_changes_the_hash(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    ours = load_prompt("say.en", folder, variables={"word"}, overrides=own)
    (own / "say.en.jinja").write_text(TEMPLATE.replace("Say", "Shout"), "utf-8")
    theirs = load_prompt("say.en", folder, variables={"word"}, overrides=own)
    assert theirs.messages({"word": "two"})[-1].content == "Shout two."
    assert theirs.shots == ours.shots  # the examples are another file, and were not replaced
    assert theirs.hash != ours.hash


def test_the_hash_covers_the_examples(folder: Path) -> None:
    before = load_prompt("say.en", folder, variables={"word"}).hash
    (folder / "say.en.yaml").write_text(DATA.replace('said: "one"', 'said: "won"'), "utf-8")
    assert load_prompt("say.en", folder, variables={"word"}).hash != before


@pytest.mark.parametrize(
    ("template", "data", "says"),
    [
        (TEMPLATE.replace("word", "wort"), DATA, "'wort'"),
        (TEMPLATE.replace("block user", "block usr"), DATA, "no block 'user'"),
        ("{% block system %}{% endblok %}", DATA, "not valid Jinja"),
        (TEMPLATE, "shots: [", "not valid YAML"),
        (TEMPLATE, "shots: [{variables: {}}]", "example 1 needs"),
        (TEMPLATE, "shots: [{variables: {wort: x}, answer: y}]", "'wort'"),
    ],
)
def test_a_wrong_file_is_named_before_anything_is_asked(
    folder: Path, template: str, data: str, says: str
) -> None:
    (folder / "say.en.jinja").write_text(template, "utf-8")
    (folder / "say.en.yaml").write_text(data, "utf-8")
    with pytest.raises(ConfigError, match=says) as caught:
        load_prompt("say.en", folder, variables={"word"})
    assert "say.en" in str(caught.value)


def test_an_unknown_prompt_lists_those_there_are(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"say\.en"):
        load_prompt("shout.en", folder, variables=())


def test_a_template_can_not_reach_into_python(folder: Path) -> None:
    evil = TEMPLATE.replace("{{ word }}", "{{ word.__class__.__mro__ }}")
    (folder / "say.en.jinja").write_text(evil, "utf-8")
    prompt = load_prompt("say.en", folder, variables={"word"})
    with pytest.raises(ConfigError):
        prompt.messages({"word": "two"})


def test_words_of_an_example_are_told_unless_the_question_holds_them(folder: Path) -> None:
    answer = "Empty the cache, but keep the hit counters as they are."
    (folder / "say.en.yaml").write_text(f'shots:\n  - variables: {{word: "one"}}\n    answer: "{answer}"\n')
    prompt = load_prompt("say.en", folder, variables={"word"})
    text = "Pop an item, but keep the hit counters as they are."
    assert prompt.borrowed(text, "def pop(self)") == "but keep the hit counters as"
    assert prompt.borrowed(text, f"# {answer}\ndef pop(self)") is None
    assert prompt.borrowed("Keep the hit counters.", "") is None
    assert prompt.repeats_example(answer, "Say two.") and not prompt.repeats_example(answer, "Say one.")


def test_every_prompt_has_its_chinese_and_as_many_examples() -> None:
    for folder in (PROMPTS, PROMPTS / "small"):
        names = set(prompt_names(folder))
        for name in names:
            base, language = name.rsplit(".", 1)
            if folder == PROMPTS:
                assert f"{base}.zh" in names and f"{base}.en" in names
            if language == "zh" and f"{base}.en" in names:
                counts = [len(_shots(folder / f"{base}.{one}.yaml")) for one in ("zh", "en")]
                assert counts[0] == counts[1] or counts[0] >= 2, f"{base}: {counts}"


def _shots(path: Path) -> list[object]:
    return (yaml.safe_load(path.read_text("utf-8")) or {}).get("shots") or [] if path.is_file() else []


CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_chinese_prompts_are_chinese() -> None:
    for path in PROMPTS.glob("*.zh.jinja"):
        words = re.sub(r"\{[%{].*?[%}]\}|<[^>]+>|`[^`]*`|```\w*", " ", path.read_text("utf-8"))
        letters = [c for c in words if c.isalpha()]
        assert sum(bool(CHINESE.match(c)) for c in letters) >= 0.6 * len(letters) or not letters, path.name
