"""A model as translator: alone, and in a mixture."""

from __future__ import annotations

import re

import pytest
from tests.synth.conftest import ErrorAnswer, instruction, write_dataset

from codetune.config.settings import Settings
from codetune.errors import CodetuneError, ConfigError
from codetune.mix.config import MixConfig
from codetune.recipes.stages import STAGES
from codetune.records import Instruction
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.synth.runtime.model_translator import open_translator


def good(body: dict) -> str:
    """Keeps marks, and says something Chinese."""
    text = body["messages"][-1]["content"]
    return "把数字加倍" + "".join(re.findall(r"⟦\d+⟧", text.partition(":\n\n")[2]))


def test_texts_come_back_in_order_and_equal_ones_are_asked_once(model_server, tmp_path) -> None:
    model_server.answer = good
    context = StageContext(cache=tmp_path)
    with open_translator({"model": model_server.url}, context) as translate:
        assert translate(["Double ⟦0⟧ now", "Halve it", "Double ⟦0⟧ now"], "zh") == [
            "把数字加倍⟦0⟧", "把数字加倍", "把数字加倍⟦0⟧",
        ]  # fmt: skip
        assert len(model_server.asked) == 2
        assert translate(["Halve it"], "zh") == ["把数字加倍"]
    with open_translator({"model": model_server.url}, context) as translate:
        translate(["Halve it"], "zh")
    assert len(model_server.asked) == 2, "the request store has the answers"


def test_an_answer_that_loses_a_mark_is_asked_again_and_then_none(model_server, tmp_path) -> None:
    model_server.answer = lambda body: "把数字加倍"
    with open_translator(
        {"model": model_server.url, "retries": 2}, StageContext(cache=tmp_path)
    ) as translate:
        assert translate(["Double ⟦0⟧ now"], "zh") == [None]
    assert len(model_server.asked) == 3


def mixture(folder, **translator: object) -> Settings:
    part = {"name": "zh", "dataset": str(folder), "task": "instruction_following", "language": "zh"}
    return MixConfig.model_validate(
        {"parts": [{**part, "translate": True, "count": 9}], "translator": translator}
    )


def test_a_mixture_translates_with_the_model_of_its_settings(model_server, tmp_path) -> None:
    model_server.answer = good
    code = "def double(x):\n    return 2 * x"
    rows = [
        instruction(f"Double the number {n} in words.", task="instruction_following", output=code)
        for n in range(5)
    ]
    model_server.answer = lambda body: (
        good(body) + "".join(re.findall(r"\d+", body["messages"][-1]["content"]))
    )
    folder = write_dataset(tmp_path / "in", Instruction, [rows])
    settings = mixture(folder, model=model_server.url)
    context = StageContext(cache=tmp_path / "cache")
    STAGES["mix"].run(settings, [], tmp_path / "out", context)
    made = list(Dataset(tmp_path / "out", Instruction))
    assert len(made) == 5
    for row in made:
        assert row.language == "zh" and row.output == code and row.instruction.startswith("把数字加倍")
        assert row.lineage.generated[-1].model == model_server.url
    asked = len(model_server.asked)
    STAGES["mix"].run(settings, [], tmp_path / "again", context)
    assert len(model_server.asked) == asked


@pytest.mark.parametrize(
    ("name", "told"), [("nobody", "no model is called nobody"), ("nothing.gguf", "nothing.gguf")]
)
def test_an_unknown_translator_is_told_before_a_part_is_read(tmp_path, name, told) -> None:
    with pytest.raises(CodetuneError, match=told):
        STAGES["mix"].run(
            mixture(tmp_path / "nothing", model=name),
            [],
            tmp_path / "out",
            StageContext(cache=tmp_path / "c"),
        )
    assert not (tmp_path / "out").exists() and not list((tmp_path / "c").glob("*.sqlite"))


def test_a_model_that_is_not_there_is_told_in_one_sentence(model_server, tmp_path) -> None:
    folder = write_dataset(
        tmp_path / "in", Instruction, [[instruction("Double it.", task="instruction_following")]]
    )
    context = StageContext(cache=tmp_path / "cache")
    with pytest.raises(ConfigError, match="no model is called nobody"):
        STAGES["mix"].run(mixture(folder, model="nobody"), [], tmp_path / "out", context)
    with pytest.raises(CodetuneError, match="no server answers there"):
        STAGES["mix"].run(mixture(folder, model="http://127.0.0.1:9/v1"), [], tmp_path / "out", context)
    model_server.answer = lambda body: ErrorAnswer(401, "who are you")
    with pytest.raises(CodetuneError):
        STAGES["mix"].run(mixture(folder, model=model_server.url), [], tmp_path / "out", context)
