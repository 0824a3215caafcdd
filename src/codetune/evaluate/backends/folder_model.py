"""A model in Hugging Face's format, with or without a PEFT adapter: batches of requests in, texts out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from codetune.errors import BackendError, DataError, MissingExtraError
from codetune.models.client.payload import ParsedAnswer
from codetune.models.folder import ModelFolder, load_model
from codetune.models.protocol import ChatRequest
from codetune.text.chat_template import ChatTemplate

__all__ = ["FolderModel", "chat_template"]

_CONTEXT_TOKENS = 4
"""Of the prompt, decoded with the answer: a tokenizer drops the space of a text's first token."""


@cache
def chat_template(found: ModelFolder) -> ChatTemplate | None:
    """The chat template of the model's tokenizer; None where it has none."""
    try:
        return ChatTemplate.from_folder(found.tokenizer)
    except DataError:
        return None


class FolderModel:
    """The model, loaded: bf16 on a device that has it, 32 bits on a CPU.

    Args:
        found: Which.
        device_number: Of the accelerators of this machine; a process a device.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        DataError: The library can't load it.
    """

    def __init__(self, found: ModelFolder, device_number: int = 0) -> None:
        try:
            import torch
            import transformers
        except ImportError as error:
            raise MissingExtraError.of("a model folder", "train") from error
        transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        cuda = torch.cuda.is_available()
        self.device = f"cuda:{device_number % torch.cuda.device_count()}" if cuda else "cpu"
        half = torch.bfloat16 if cuda and torch.cuda.is_bf16_supported() else torch.float16
        self.dtype = half if cuda else torch.float32
        self._found = found
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(
                found.tokenizer, local_files_only=True
            )
            model: Any = load_model(found.path, self.dtype)
            if found.adapter is not None:
                from peft import PeftModel

                model = PeftModel.from_pretrained(model, str(found.adapter)).merge_and_unload()
        except (OSError, ValueError, RuntimeError) as error:
            raise DataError(
                f"the model can't be loaded: {str(error).splitlines()[0]}",
                where=str(found.adapter or found.tokenizer),
                next_step="give a causal language model that the transformers library knows",
            ) from error
        self._model = model.to(self.device).eval()
        self._longest = int(getattr(model.config, "max_position_embeddings", 0) or 1 << 30)
        self._ends = self._end_tokens()
        # What the folder recommends (sampling, penalties) is not what was asked for.
        self._model.generation_config = transformers.GenerationConfig(  # type: ignore[no-untyped-call]
            do_sample=False,
            eos_token_id=self._ends,
            pad_token_id=self._ends[0] if self._ends else 0,
        )

    def _end_tokens(self) -> list[int]:
        named = self._model.generation_config.eos_token_id
        ends = [] if named is None else [named] if isinstance(named, int) else list(named)
        own = self._tokenizer.eos_token_id
        return [*ends, own] if own is not None and own not in ends else ends

    def encode(self, request: ChatRequest) -> list[int]:
        """The prompt's token ids.

        Raises:
            DataError: A chat for a model that has no template, or turns its template refuses.
        """
        if request.prompt is not None:
            return list(self._tokenizer(request.prompt)["input_ids"])
        template = chat_template(self._found)
        if template is None:
            raise DataError("the model has no chat template", where=str(self._found.tokenizer))
        text = template.render_prompt(request.messages)
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def answer(self, requests: Sequence[ChatRequest]) -> Iterator[ParsedAnswer | BackendError]:
        """Answer a batch; one that doesn't fit into memory is cut in two.

        Yields:
            One a request, in order: the text up to its stop, or why there is none.
        """
        import torch

        prompts = [self.encode(request) for request in requests]
        fits = [
            number
            for number, request in enumerate(requests)
            if len(prompts[number]) + request.max_new_tokens <= self._longest
        ]
        try:
            answers = dict(zip(fits, self._decoded([requests[n] for n in fits], [prompts[n] for n in fits]), strict=True)) if fits else {}  # fmt: skip
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
            if len(requests) == 1:
                yield BackendError("the device has too little memory for one request", where=self.device)
                return
            middle = len(requests) // 2
            yield from self.answer(requests[:middle])
            yield from self.answer(requests[middle:])
            return
        for number, request in enumerate(requests):
            yield answers.get(number) or BackendError(
                f"{len(prompts[number])} tokens of prompt and {request.max_new_tokens} of answer are more than "
                f"the model's {self._longest}",
                where=str(self._found.path),
            )

    def _decoded(self, requests: Sequence[ChatRequest], prompts: Sequence[list[int]]) -> list[ParsedAnswer]:
        import torch

        from codetune.evaluate.backends.sampling import RowDraws, RowStops

        width = max(map(len, prompts))
        padding = self._ends[0] if self._ends else 0
        rows = [[padding] * (width - len(prompt)) + prompt for prompt in prompts]
        mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        draws = requests[0].temperature > 0
        with torch.inference_mode():
            output = self._model.generate(
                input_ids=torch.tensor(rows, device=self.device),
                attention_mask=torch.tensor(mask, device=self.device),
                max_new_tokens=max(request.max_new_tokens for request in requests),
                logits_processor=[RowDraws(requests)] if draws else [],
                stopping_criteria=[RowStops([r.stop for r in requests], width, self._text)],
            )
        made: list[list[int]] = output[:, width:].tolist()
        return [
            self._parsed(request, prompt, tokens)
            for request, prompt, tokens in zip(requests, prompts, made, strict=True)
        ]

    def _text(self, tokens: list[int], skip_special_tokens: bool = True) -> str:
        return str(
            self._tokenizer.decode(
                tokens, skip_special_tokens=skip_special_tokens, clean_up_tokenization_spaces=False
            )
        )

    def _parsed(self, request: ChatRequest, prompt: list[int], tokens: list[int]) -> ParsedAnswer:
        from codetune.evaluate.backends.sampling import first_stop

        end = next((place for place, token in enumerate(tokens) if token in self._ends), None)
        tokens = tokens[: request.max_new_tokens] if end is None else tokens[:end]
        skip = bool(request.extra.get("skip_special_tokens", True))
        before = self._text(prompt[-_CONTEXT_TOKENS:], skip)
        text = self._text(prompt[-_CONTEXT_TOKENS:] + tokens, skip)
        text = text[len(before) :] if text.startswith(before) else self._text(tokens, skip)
        stop = first_stop(text, request.stop)
        ended = end is not None or stop is not None
        return ParsedAnswer(
            text if stop is None else text[:stop], "stop" if ended else "length", len(prompt), len(tokens)
        )
