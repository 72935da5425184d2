"""Shared fixtures: the real embedded model, tiny random models of other families, and job folders in processes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hyde_worker.environment import prepare_libraries
from hyde_worker.events import Events
from hyde_worker.job import Model
from hyde_worker.models import Store
from hyde_worker.runner import run_job

prepare_libraries()
WORKER = Path(__file__).resolve().parent.parent
EMBEDDED = {"name": "smollm2-135m-instruct", "dtype": "float32"}


def user(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


def turn(question: str, answer: str, system: str | None = None) -> list[dict]:
    first = [{"role": "system", "content": system}] if system else []
    return [*first, *user(question), {"role": "assistant", "content": answer}]


def write_job(folder: Path, job: dict, **files: list) -> Path:
    """A job folder; each keyword is a JSON-lines file (a string item is written as it is)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "job.json").write_text(json.dumps(job))
    for name, rows in files.items():
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        (folder / f"{name}.jsonl").write_text("".join(line + "\n" for line in lines))
    return folder


def run_process(folder: Path, **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "hyde_worker", "run", str(folder)], cwd=WORKER, capture_output=True, text=True, **kwargs
    )


def events_of(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="session")
def store() -> Store:
    return Store()


@pytest.fixture
def run(store):
    """Run a job folder in this process: (exit code, events)."""

    def run(folder: Path) -> tuple[int, list[dict]]:
        stream = io.StringIO()
        return run_job(folder, store, stream, tagged=False), events_of(stream.getvalue())

    return run


@pytest.fixture
def loaded(store):
    return store.base(Model(**EMBEDDED), Events(io.StringIO()))


@pytest.fixture(scope="session")
def bfloat16():
    return Store().base(Model(EMBEDDED["name"], dtype="bfloat16"), Events(io.StringIO()))


FAMILIES = ("qwen2", "gpt_neox", "gemma2")


def tiny_model(family: str, vocabulary: int, eos: int):
    """A randomly initialised float32 model of another architecture. gemma2 has sliding windows and capped logits."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    sizes = {
        "hidden_size": 48,
        "intermediate_size": 96,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "vocab_size": vocabulary,
        "max_position_embeddings": 512,
        "eos_token_id": eos,
        "bos_token_id": 1,
        "pad_token_id": 0,
    }
    if family != "gpt_neox":
        sizes["num_key_value_heads"] = 2
    if family == "gemma2":
        sizes |= {"head_dim": 12, "sliding_window": 16, "final_logit_softcapping": 2.0, "query_pre_attn_scalar": 12}
    torch.manual_seed(7)
    config = AutoConfig.for_model(family, **sizes)
    model = AutoModelForCausalLM.from_config(config).float().eval()
    with torch.no_grad():  # larger weights: the initial ones give nearly equal logits, where rounding decides
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(4)
    return model
