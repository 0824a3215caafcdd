"""A model in Hugging Face's format, with or without a PEFT adapter: requests in, texts out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from codetune.engine.memory import free_bytes, keep_few_kernels
from codetune.engine.threads import share_the_cores
from codetune.errors import BackendError, CodetuneError, DataError, MissingExtraError
from codetune.models.batched.key_budget import KeyBudget, weight_bytes
from codetune.models.client.payload import ParsedAnswer
from codetune.models.folder import ModelFolder, load_model, said_by
from codetune.models.hub import shown_name
from codetune.models.protocol import ChatRequest
from codetune.text.chat_template import ChatTemplate

if TYPE_CHECKING:
    import torch

    from codetune.models.batched.decoder import Row

__all__ = ["FolderModel", "chat_template", "number_format"]

_CONTEXT_TOKENS = 4
"""Of the prompt, decoded with the answer: a tokenizer drops the space of a text's first token."""
_CPU_ROWS = 64
"""Rows at a time on a CPU: each token then costs a fifth of what it costs with one row."""
_GPU_ROWS = 256


@cache
def chat_template(found: ModelFolder) -> ChatTemplate | None:
    """The chat template of the model's tokenizer; None where it has none."""
    try:
        return ChatTemplate.from_folder(found.tokenizer)
    except DataError:
        return None


class FolderModel:
    """The model, loaded: in bf16 where the device has instructions for it.

    Args:
        found: Which.
        device_number: Of the accelerators of this machine; a process a device.
        rows: Most answers made at a time; None takes 64 on a CPU, 256 on an accelerator. Fewer are made
            where their keys would take more than half of the free memory, or on a CPU twice the weights.
        dtype: `auto`, `bfloat16`, `float16` or `float32`.

    Attributes:
        device: As torch names it.
        dtype: The number format.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        DataError: The library can't load it, or it is larger than the free memory.
    """

    def __init__(
        self, found: ModelFolder, device_number: int = 0, *, rows: int | None = None, dtype: str = "auto"
    ) -> None:
        share_the_cores()
        keep_few_kernels()
        try:
            import torch
            import transformers
        except ImportError as error:
            raise MissingExtraError.of("a model folder", "train") from error
        from codetune.models.batched.decoder import RowDecoder
        from codetune.models.batched.library_decoder import LibraryDecoder
        from codetune.models.batched.row_cache import fits_rows

        transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        cuda = torch.cuda.is_available()
        self.device = f"cuda:{device_number % torch.cuda.device_count()}" if cuda else "cpu"
        self.dtype: torch.dtype = getattr(torch, number_format() if dtype == "auto" else dtype)
        self._found = found
        weights = weight_bytes(found.path, self.dtype.itemsize)
        self._refuse_large(weights)
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(
                found.tokenizer, local_files_only=True
            )
            model: Any = load_model(found.path, self.dtype)
            if found.adapter is not None:
                from peft import PeftModel

                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", FutureWarning)  # peft's own use of transformers
                    model = PeftModel.from_pretrained(model, str(found.adapter)).merge_and_unload()
        except CodetuneError:
            raise
        except Exception as error:  # the libraries meet broken files with errors of every kind
            if "size mismatch" in str(error):
                raise DataError(
                    f"the adapter does not fit {shown_name(found.path)}: its weights have other shapes",
                    where=str(found.adapter),
                    next_step="name the model it was trained on",
                ) from error
            raise DataError(
                f"the model can't be loaded: {said_by(error)}",
                where=str(found.adapter or found.tokenizer),
                next_step="give a causal language model that the transformers library knows",
            ) from error
        self._model = model.to(self.device).eval()
        self._longest = int(getattr(model.config, "max_position_embeddings", 0) or 1 << 30)
        self._ends = self._end_tokens()
        kind = RowDecoder if fits_rows(model.config) else LibraryDecoder
        budget = KeyBudget.of(self._free_bytes(), weights, self._longest, is_accelerator=cuda)
        rows = rows or (_GPU_ROWS if cuda else _CPU_ROWS)
        self.decoder: RowDecoder | LibraryDecoder = kind(self._model, rows, self._ends, self._text, budget)

    def _free_bytes(self) -> int:
        import torch

        return free_bytes() if self.device == "cpu" else torch.cuda.mem_get_info(self.device)[0]

    def _refuse_large(self, weights: int) -> None:
        free = self._free_bytes()
        if weights > free:
            number = str(self.dtype).removeprefix("torch.")
            raise DataError(
                f"the model takes {weights / 1e9:.1f} GB of memory in {number}, and {free / 1e9:.1f} GB are free",
                where=str(self._found.path),
                next_step="close other programs, take a .gguf file of the model, or give the URL of a server that has it",
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

    def refusal(self, request: ChatRequest, prompt: Sequence[int]) -> BackendError | None:
        """Why a request can't be answered, whatever the memory; None where it can."""
        if len(prompt) + request.max_new_tokens <= self._longest:
            return None
        return BackendError(
            f"{len(prompt)} tokens of prompt and {request.max_new_tokens} of answer are more than "
            f"the model's {self._longest}",
            where=str(self._found.path),
        )

    def answers(self, requests: Sequence[ChatRequest]) -> Iterator[tuple[int, ParsedAnswer | BackendError]]:
        """Answer requests, the longest prompts first: what is too large for the device shows at once.

        Yields:
            (index, the text up to its stop, or why there is none), in the order in which they end.
        """
        from codetune.models.batched.decoder import Row

        prompts = [self.encode(request) for request in requests]
        for index in sorted(range(len(requests)), key=lambda index: (-len(prompts[index]), index)):
            refused = self.refusal(requests[index], prompts[index])
            if refused is not None:
                yield index, refused
            else:
                self.decoder.add(Row(index, requests[index], prompts[index]))
        try:
            while not self.decoder.is_idle:
                for row in self.decoder.step():
                    yield row.number, self.parsed(row)
        finally:
            self.decoder.clear()  # the keys of the last rows, too

    def parsed(self, row: Row) -> ParsedAnswer | BackendError:
        """What a row that ended says."""
        if row.does_not_fit:
            return BackendError("the device has too little memory for one request", where=self.device)
        return self._parsed(row.request, row.prompt, row.made)

    def _text(self, tokens: list[int], skip_special_tokens: bool = True) -> str:
        return str(
            self._tokenizer.decode(
                tokens, skip_special_tokens=skip_special_tokens, clean_up_tokenization_spaces=False
            )
        )

    def _parsed(self, request: ChatRequest, prompt: Sequence[int], tokens: list[int]) -> ParsedAnswer:
        from codetune.models.batched.sampling import first_stop

        end = next((place for place, token in enumerate(tokens) if token in self._ends), None)
        tokens = tokens[: request.max_new_tokens] if end is None else tokens[:end]
        skip = bool(request.extra.get("skip_special_tokens", True))
        context = list(prompt[-_CONTEXT_TOKENS:])
        before = self._text(context, skip)
        text = self._text([*context, *tokens], skip)
        text = text[len(before) :] if text.startswith(before) else self._text(tokens, skip)
        stop = first_stop(text, request.stop)
        ended = end is not None or stop is not None
        return ParsedAnswer(
            text if stop is None else text[:stop], "stop" if ended else "length", len(prompt), len(tokens)
        )


def number_format() -> str:
    """bf16 where the device has instructions for it, else 16 bits on an accelerator and 32 on a CPU.

    Raises:
        MissingExtraError: torch is not installed.
    """
    share_the_cores()
    keep_few_kernels()
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError.of("a model folder", "train") from error
    if torch.cuda.is_available():
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    has = torch.cpu.get_capabilities()
    fast = any(has.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return "bfloat16" if fast else "float32"
