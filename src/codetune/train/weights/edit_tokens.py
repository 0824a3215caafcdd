"""Adds the tokens of edits, and ChatML's, to any model: a Hugging Face folder that can be trained on edits.

A new token's row in the embedding (and in an untied head) begins as the mean of the rows of the tokens
that were there. Rows are found by the token's number and never counted from the end, since a matrix
may have more rows than the vocabulary has tokens.

The edit tokens are no "special" tokens in the tokenizer's sense: servers leave those out of the text
that they give back, and an edit can't be read without its marks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from codetune.edits.formats.special_tokens import EDIT_TOKENS
from codetune.errors import DataError
from codetune.models.folder import copy_tokenizer, load_model, load_tokenizer, model_config
from codetune.store.atomic import disk_errors, write_text
from codetune.store.hashing import code_hash, hash_files
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput
from codetune.text.edit_templates import CHATML_TOKENS, EDIT_TEMPLATES
from codetune.train.weights.base_model import BaseModel

__all__ = ["NEW_TOKENS_NAME", "TemplateName", "add_edit_tokens", "new_tokens"]

TemplateName = Literal["plain", "assistant-conversation", "prefix-response"]
NEW_TOKENS_NAME = "new_tokens.json"
"""Token -> number, of the rows that were added. Adapters train these rows too."""


def new_tokens(folder: Path) -> dict[str, int]:
    """Tokens of a model folder whose rows are only means yet; empty for an ordinary folder."""
    path = folder / NEW_TOKENS_NAME
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}


def add_edit_tokens(
    base: BaseModel, output: Path, *, cache: Path, template: TemplateName = "plain"
) -> RunCard:
    """Write a model with the edit tokens and its chat templates.

    Args:
        base: The model.
        output: The folder to write.
        cache: Where a GGUF base's plain weights are kept.
        template: The chat template that is taken where none is named; the others lie beside it.

    Raises:
        DataError: The model has all of the tokens already.
        OutputError: The folder holds something else.
    """
    plan = Plan(
        stage="edit-tokens",
        config={"template": template},
        inputs={"model": base.hash},
        code=code_hash(__name__),
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        folder = base.folder(cache)
        tokenizer = load_tokenizer(folder)
        before = set(tokenizer.get_vocab(with_added_tokens=True).values())
        added = _add(tokenizer)
        if not added:
            raise DataError("the model has all edit tokens already", where=str(folder), next_step="train it")
        model = _resized(folder, tokenizer, sorted(before), sorted(added.values()))
        with disk_errors(output):
            model.save_pretrained(output)
        copy_tokenizer(folder, output)
        write_text(output / "tokenizer.json", tokenizer.to_str())
        _write_settings(output, tokenizer, template)
        write_text(output / NEW_TOKENS_NAME, json.dumps(added, indent=2) + "\n")
        return stage.finish(
            output_hash=hash_files(output, sorted(output.glob("*.safetensors"))),
            counts={"tokens added": len(added), "rows": model.get_input_embeddings().weight.shape[0]},
            results={"base": base.identity, "tokens": added},
        )


def _add(tokenizer: Any) -> dict[str, int]:
    """Tokens that were missing, with their numbers."""
    from tokenizers import AddedToken

    missing = [token for token in (*CHATML_TOKENS, *EDIT_TOKENS) if tokenizer.token_to_id(token) is None]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in CHATML_TOKENS])
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in EDIT_TOKENS])
    return {token: tokenizer.token_to_id(token) for token in missing}


def _resized(folder: Path, tokenizer: Any, known: list[int], added: list[int]) -> Any:
    import torch

    config = model_config(folder)
    dtype = getattr(torch, str(config.get("dtype") or config.get("torch_dtype") or "float32"))
    model = load_model(folder, dtype)
    needed = max(tokenizer.get_vocab(with_added_tokens=True).values()) + 1
    if needed > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(needed, mean_resizing=False)
    ins, outs = model.get_input_embeddings(), model.get_output_embeddings()
    with torch.no_grad():
        for matrix in {id(layer.weight): layer.weight for layer in (ins, outs) if layer is not None}.values():
            matrix[added] = matrix[known].float().mean(0).to(matrix.dtype)
        bias = getattr(outs, "bias", None)
        if bias is not None:
            bias[added] = bias[known].float().mean().to(bias.dtype)
    end = tokenizer.token_to_id(CHATML_TOKENS[1])
    model.config.eos_token_id = end
    if model.generation_config is not None:
        model.generation_config.eos_token_id = end
    return model


def _write_settings(output: Path, tokenizer: Any, template: TemplateName) -> None:
    path = output / "tokenizer_config.json"
    settings = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    settings.pop("chat_template", None)
    settings["eos_token"] = CHATML_TOKENS[1]
    if "added_tokens_decoder" in settings:
        settings["added_tokens_decoder"] = {
            str(number): {
                "content": token.content, "lstrip": token.lstrip, "normalized": token.normalized,
                "rstrip": token.rstrip, "single_word": token.single_word, "special": token.special,
            }
            for number, token in sorted(tokenizer.get_added_tokens_decoder().items())
        }  # fmt: skip
    write_text(path, json.dumps(settings, indent=2, ensure_ascii=False) + "\n")
    write_text(output / "chat_template.jinja", EDIT_TEMPLATES[template].source)
    for name, other in EDIT_TEMPLATES.items():
        write_text(output / "additional_chat_templates" / f"{name}.jinja", other.source)
