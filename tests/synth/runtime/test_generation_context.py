from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel
from tests.synth.conftest import ScriptedExecutor, ScriptedModel

from codetune.errors import BackendUnavailableError, ConfigError, ExecutionError, RequestRefusedError
from codetune.execution.protocol import Program
from codetune.models.client.transport import GarbledAnswer
from codetune.rejection import Rejection
from codetune.synth.config import SynthConfig
from codetune.synth.prompts.prompt_loading import load_prompts
from codetune.synth.registry import GENERATORS, build_generator
from codetune.synth.runtime.answer_parsers import JsonObject
from codetune.synth.runtime.generation_context import AskSettings, GenerationContext
from codetune.synth.runtime.program_runner import ProgramRunner
from codetune.synth.runtime.text_parsers import PlainText


class Said(BaseModel):
    word: str


def context_of(answer, *, retries=1, executor=None) -> tuple[GenerationContext, ScriptedModel]:
    generator = build_generator(SynthConfig(generator="solve-and-test"), seed=0)
    model = ScriptedModel(answer)
    runner = ProgramRunner(lambda: executor if executor is not None else ScriptedExecutor())
    return GenerationContext(
        model, load_prompts(generator, "en"), runner, AskSettings(retries=retries)
    ), model


def ask(context: GenerationContext, **more):
    return asyncio.run(
        context.ask(
            "solve",
            JsonObject(Said),
            {"instruction": "Say it.", "input": ""},
            row="a",
            max_new_tokens=9,
            **more,
        )
    )


def in_turn(*answers):
    left = iter(answers)
    return lambda request: next(left)


def test_an_invalid_answer_is_asked_again_with_the_reason() -> None:
    context, model = context_of(in_turn("no json", '{"word": "two"}'))
    asked = ask(context)
    assert asked.value.word == "two" and asked.tries == 2
    first, second = model.asked
    assert second.messages[: len(first.messages)] == first.messages
    assert second.messages[-2].content == "no json"
    assert "one JSON object" in second.messages[-1].content
    assert first.temperature == 0.0 and second.temperature > 0 and second.seed is not None
    (entry,) = asked.generated("output")
    assert (
        entry.prompt == "solve.en" and entry.request_key == asked.reply.key and len(entry.prompt_hash) == 32
    )


def test_after_the_last_try_the_raw_text_is_in_the_refusal() -> None:
    context, model = context_of(lambda request: "still no json", retries=2)
    with pytest.raises(Rejection) as caught:
        ask(context)
    assert caught.value.reason == "invalid JSON" and "still no json" in caught.value.detail
    assert len(model.asked) == 3


def test_an_answer_cut_short_is_no_answer_even_if_it_reads_well() -> None:
    context, _ = context_of(lambda request: ('{"word": "one"}', "length"), retries=0)
    with pytest.raises(Rejection) as caught:
        ask(context)
    assert caught.value.reason == "cut short"


def test_a_check_of_the_value_counts_like_the_form() -> None:
    context, _ = context_of(in_turn('{"word": "bad"}', '{"word": "good"}'))
    asked = ask(context, check=lambda said: None if said.word == "good" else ("bad word", "say good"))
    assert asked.value.word == "good"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            RequestRefusedError("the request exceeds the available context size (3000 > 2048 tokens)"),
            "context overflow",
        ),
        (RequestRefusedError("unsupported schema"), "request refused"),
        (BackendUnavailableError("timeout"), "no answer"),
    ],
)
def test_a_request_that_fails_is_one_refused_row(error: Exception, reason: str) -> None:
    context, _ = context_of(lambda request: error)
    with pytest.raises(Rejection) as caught:
        ask(context)
    assert caught.value.reason == reason and str(error).rstrip(".") in caught.value.detail


def test_what_stops_the_whole_run_is_not_swallowed() -> None:
    context, _ = context_of(lambda request: ConfigError("the key is refused"))
    with pytest.raises(ConfigError):
        ask(context)


def test_programs_that_come_together_run_as_one_batch_and_keep_their_places() -> None:
    executor = ScriptedExecutor()
    context, _ = context_of(lambda request: "", executor=executor)

    async def many():
        return await asyncio.gather(*(context.run(Program(id=str(i), code="")) for i in range(200)))

    assert [result.id for result in asyncio.run(many())] == [str(i) for i in range(200)]
    assert len(executor.ran) == 200


def test_a_broken_sandbox_is_an_error_for_everybody_who_waits() -> None:
    class Broken:
        def run(self, programs):
            raise ExecutionError("the sandbox broke")

        def close(self):
            pass

    context, _ = context_of(lambda request: "", executor=Broken())

    async def two():
        return await asyncio.gather(
            *(context.run(Program(id=str(i), code="")) for i in range(2)), return_exceptions=True
        )

    assert all(isinstance(result, ExecutionError) for result in asyncio.run(two()))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", GENERATORS)
def test_every_shipped_prompt_loads_for_its_generator(name: str, language: str) -> None:
    generator = build_generator(SynthConfig(generator=name, language=language), seed=0)
    prompts = load_prompts(generator, language)
    assert set(generator.prompts) < set(prompts)
    assert prompts["retry"].name == f"retry.{language}"


def test_what_may_be_cut_is_halved_until_it_fits():
    def answer(request):
        size = len(request.messages[-1].content)
        if size > 900:
            return RequestRefusedError(f"the server refused with 400: {size} exceeds the context size")
        return '{"word": "yes"}'

    context, model = context_of(answer)
    text = "x = 1  # a line\n" * 200

    def asked(**more):
        variables = {"instruction": text, "input": ""}
        return asyncio.run(
            context.ask("solve", JsonObject(Said), variables, row="a", max_new_tokens=9, **more)
        )

    found = asked(may_cut="instruction")
    assert found.tries == 1 and found.shown is not None and 400 < found.shown <= 900
    assert found.checks()[0].detail == f"cut to {found.shown} characters"
    assert len(model.asked) == 3  # some 3,200 characters, then 1,600, then 800
    with pytest.raises(Rejection) as refused:
        asked()
    assert refused.value.reason == "context overflow" and "tokens of question" in refused.value.detail


def test_a_text_that_the_server_kept_is_an_invalid_answer_and_asked_again_warmer():
    answers = iter([GarbledAnswer("the answer is not the JSON that was asked for"), '{"word": "yes"}'])
    context, model = context_of(lambda request: next(answers))
    assert ask(context).value.word == "yes"
    assert [request.temperature > 0 for request in model.asked] == [False, True]
    context, _ = context_of(lambda request: GarbledAnswer("not the JSON"))
    with pytest.raises(Rejection) as refused:
        ask(context)
    assert refused.value.reason == "invalid JSON"


def test_an_answer_that_says_our_complaint_back_is_none(make_context) -> None:
    back = ["The answer has 1 characters, not 2. So: yes", "You're right, it is too short. Yes."]
    said = iter(["x", *back, "yes indeed"])
    _, context, model = make_context("evolve", lambda request: next(said), retries=3)
    form = PlainText(min_chars=2)
    asked = asyncio.run(
        context.ask("answer", form, {"instruction": "a", "input": ""}, row="a", max_new_tokens=9)
    )
    assert asked.value == "yes indeed" and len(model.asked) == 4


def test_an_answer_that_was_cut_is_asked_again_with_twice_the_room() -> None:
    context, model = context_of(in_turn(("{", "length"), ('{"word"', "length"), '{"word": "one"}'), retries=0)
    asked = ask(context)
    assert asked.value.word == "one" and asked.tries == 1
    assert [request.max_new_tokens for request in model.asked] == [9, 18, 36]
    assert (
        len({request.messages for request in model.asked}) == 1
    )  # no complaint: the question was understood
    assert context.counts["cut"] == 2


def test_a_cut_answer_is_not_asked_for_ever_nor_beyond_the_context() -> None:
    context, model = context_of(lambda request: ("{", "length"), retries=0)
    with pytest.raises(Rejection, match="cut short"):
        ask(context)
    assert [request.max_new_tokens for request in model.asked] == [9, 18, 36, 72]
    context, model = context_of(lambda request: ("{", "length"), retries=0)
    context.settings = AskSettings(retries=0, context_tokens=512)
    with pytest.raises(Rejection, match="cut short"):
        context_asked(context, None)
    tokens = [request.max_new_tokens for request in model.asked]
    assert tokens == sorted(tokens) and tokens[-1] < 512 and len(tokens) == 1


def context_asked(context: GenerationContext, room: int | None):
    variables = {"instruction": "Say it.", "input": ""}
    return asyncio.run(context.ask("solve", JsonObject(Said), variables, row="a", max_new_tokens=room))


def test_the_settings_own_limit_is_kept() -> None:
    context, model = context_of(lambda request: ("{", "length"), retries=0)
    context.settings = AskSettings(retries=0, max_new_tokens=50)
    with pytest.raises(Rejection, match="cut short"):
        ask(context)
    assert [request.max_new_tokens for request in model.asked] == [50]


def test_a_servers_own_count_of_the_question_goes_before_our_guess() -> None:
    def answer(request):
        if request.max_new_tokens > 100:
            return RequestRefusedError(
                "This model's maximum context length is 1024 tokens. However, you requested more: 930 tokens in the "
                "messages and the rest in the completion"
            )
        return '{"word": "yes"}'

    context, model = context_of(answer, retries=0)
    assert context_asked(context, None).value.word == "yes"
    assert [request.max_new_tokens for request in model.asked] == [2048, 94]


def test_a_server_that_names_its_context_is_asked_for_less() -> None:
    def answer(request):
        if request.max_new_tokens > 1000:
            return RequestRefusedError(
                "This model's maximum context length is 1024 tokens, you asked for more"
            )
        return '{"word": "yes"}'

    context, model = context_of(answer, retries=0)
    assert context_asked(context, None).value.word == "yes"
    assert model.asked[0].max_new_tokens == 2048
    assert 500 < model.asked[1].max_new_tokens < 1000
