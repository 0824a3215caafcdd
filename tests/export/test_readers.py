"""Exports in the trainers they are for: TRL here, LLaMA-Factory where it is installed."""

from __future__ import annotations

import json

import pytest

from codetune.export.formats import get_format
from codetune.export.write import export_dataset
from codetune.records import Instruction
from codetune.store.dataset import Dataset

datasets = pytest.importorskip("datasets")

FILES = ("json", "jsonl", "parquet")


@pytest.mark.parametrize("suffix", FILES)
@pytest.mark.parametrize("name", ["messages", "completion", "alpaca", "sharegpt"])
def test_hugging_face_loads_the_file(dataset, tmp_path, name, suffix):
    path = tmp_path / f"rows.{suffix}"
    export_dataset(dataset, path, get_format(name))
    kind = "parquet" if suffix == "parquet" else "json"
    loaded = datasets.load_dataset(kind, data_files=str(path), split="train", cache_dir=str(tmp_path / "c"))
    form = get_format(name)
    assert list(loaded) == [form.shape(row, form.edits) for row in Dataset(dataset, Instruction)]


TEMPLATE = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}</s>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"


def tokenizer():
    """A tokenizer of single bytes, made here: nothing is downloaded."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"<pad>": 0, "</s>": 1} | {char: n + 2 for n, char in enumerate(alphabet)}
    plain = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(tokenizer_object=plain, pad_token="<pad>", eos_token="</s>")
    made.chat_template = TEMPLATE
    return made


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("suffix", FILES)
@pytest.mark.parametrize("name", ["messages", "completion"])
def test_trl_trains_on_it_unchanged(dataset, tmp_path, name, suffix):
    from transformers import LlamaConfig, LlamaForCausalLM
    from trl import SFTConfig, SFTTrainer

    path = tmp_path / f"rows.{suffix}"
    export_dataset(dataset, path, get_format(name))
    kind = "parquet" if suffix == "parquet" else "json"
    loaded = datasets.load_dataset(kind, data_files=str(path), split="train", cache_dir=str(tmp_path / "c"))
    tokens = tokenizer()
    config = LlamaConfig(vocab_size=len(tokens), hidden_size=8, intermediate_size=8, num_hidden_layers=1,
                         num_attention_heads=1, num_key_value_heads=1, max_position_embeddings=256)  # fmt: skip
    trainer = SFTTrainer(
        model=LlamaForCausalLM(config),
        processing_class=tokens,
        train_dataset=loaded,
        args=SFTConfig(output_dir=str(tmp_path / "out"), max_steps=1, per_device_train_batch_size=3,
                       report_to=[], save_strategy="no", use_cpu=True, dataset_num_proc=None, bf16=False),
    )  # fmt: skip
    seen = [tokens.decode(row["input_ids"]) for row in trainer.train_dataset]
    for row, text in zip(Dataset(dataset, Instruction), seen, strict=True):
        assert row.instruction in text
        assert row.output in text
    assert trainer.train().training_loss > 0


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_llama_factory_loads_it_unchanged(dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("DISABLE_VERSION_CHECK", "1")
    pytest.importorskip("llamafactory", reason="LLaMA-Factory is not installed (put its src on PYTHONPATH)")
    from types import SimpleNamespace

    from llamafactory.data.loader import _load_single_dataset
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.hparams import DataArguments

    entries = {}
    for suffix in FILES:
        for name in ("alpaca", "sharegpt"):
            export_dataset(dataset, tmp_path / f"{name}.{suffix}", get_format(name))
            entries[f"{name}_{suffix}"] = {"file_name": f"{name}.{suffix}", "formatting": name}
    (tmp_path / "dataset_info.json").write_text(json.dumps(entries))
    arguments = DataArguments(dataset=",".join(entries), dataset_dir=str(tmp_path))
    model = SimpleNamespace(
        cache_dir=str(tmp_path / "c"), hf_hub_token=None, ms_hub_token=None, trust_remote_code=False
    )
    rows = list(Dataset(dataset, Instruction))
    for entry in get_dataset_list(list(entries), str(tmp_path)):
        loaded = _load_single_dataset(entry, model, arguments, SimpleNamespace(local_process_index=0))
        for row, found in zip(rows, loaded, strict=True):
            assert found["_response"] == [{"role": "assistant", "content": row.output}]
            assert row.instruction in found["_prompt"][0]["content"]
            assert row.input in found["_prompt"][0]["content"]
