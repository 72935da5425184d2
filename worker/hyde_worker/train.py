"""Job kind `train`: LoRA fine-tuning in stages that share one adapter."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from .chat import Chat
from .dataset import Example, load_examples, stage_key
from .errors import JobError
from .events import Events
from .files import write_folder, write_json
from .job import Lora, TrainJob
from .models import ADAPTER_WEIGHTS, Loaded, Store, adapter_sha256
from .team import team

SUMMARY = "stage.json"


def run(job: TrainJob, folder: Path, store: Store, events: Events) -> dict:
    """Train all stages that are not finished yet, write adapter/ and return the result's fields."""
    crew = team()
    crew.join()
    loaded = store.base(job.base, events)
    from .identity import model_identity

    data, keys, summaries, total = prepared(job, folder, loaded.chat, loaded.context)
    tokens = sum(summary["tokens"] for summary in summaries)
    base = loaded.model
    try:
        tuned = wrap(loaded, job.lora, job.seed)
        if summaries:
            load_adapter(tuned, folder / f"stage-{len(summaries)}")
        for k in range(len(summaries), len(job.stages)):
            from .checkpoint import Checkpoint
            from .fit import fit

            examples, truncated = data[k]
            started = time.monotonic()

            def report(stage_tokens: int, done: int = tokens, number: int = k + 1, **rates: object) -> None:
                events.progress("train", done + stage_tokens, total, "tokens", stage=number, **rates)

            checkpoint = Checkpoint(folder, keys[k], crew.writes)
            outcome = fit(tuned, loaded, examples, job.stages[k].training, job.seed, k, report, checkpoint, crew)
            seconds = round(time.monotonic() - started, 2)
            summary = {"rows": len(examples), **outcome, "truncated": truncated, "seconds": seconds}
            tokens += summary["tokens"]
            if crew.writes:
                save_stage(tuned, folder / f"stage-{k + 1}", job.base.name, {"key": keys[k], "summary": summary})
            checkpoint.remove()
            summaries.append(summary)
    except BaseException:
        store.forget()  # adapter layers may still be inside the base model
        raise
    if job.base.bits:
        store.forget()  # rounded to four bits it is good for nothing but training
    else:
        loaded.model = tuned.unload()
        if loaded.model is not base:
            raise JobError("internal", "The base model was replaced while its adapter was removed.")
        base.requires_grad_(False).eval()
    if not crew.writes:
        return {}
    last = folder / f"stage-{len(job.stages)}"
    write_folder(folder / "adapter", lambda temporary: copy_adapter(last, temporary))
    return {
        "adapter": {"path": "adapter", "sha256": adapter_sha256(folder / "adapter")},
        "stages": summaries,
        "base": {"name": job.base.name, "revision": job.base.revision, "identity": model_identity(loaded.folder)},
        **loaded.described(),
    }


def prepared(
    job: TrainJob, folder: Path, chat: Chat, context: int
) -> tuple[list[tuple[list[Example], int]], list[str], list[dict], int]:
    """Examples (and how many were cut) and key of each stage, summaries of the finished ones, tokens of all.

    All data is checked before the first step: a bad row in the last stage must not cost hours.
    """
    data = [load_examples(stage, chat, context) for stage in job.stages]
    keys = [stage_key(job.source, job.stages[: k + 1]) for k in range(len(job.stages))]
    summaries = finished_stages(folder, keys)
    total = sum(
        stage.training.epochs * sum(len(e.ids) for e in examples)
        for stage, (examples, _) in zip(job.stages, data, strict=True)
    )
    return data, keys, summaries, total


def wrap(loaded: Loaded, lora: Lora, seed: int):
    """The base model with fresh adapter layers, float32, initialised from `seed`. Raises JobError `bad-job`."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.targets,
        task_type="CAUSAL_LM",
    )
    try:
        return get_peft_model(loaded.model, config)
    except ValueError as error:
        message = f"lora.targets do not fit this model ({str(error)[:200]}); correct job.json."
        raise JobError("bad-job", message, "job.json") from error


def finished_stages(folder: Path, keys: list[str]) -> list[dict]:
    """Summaries of the leading stages that an earlier run of this very job has finished."""
    summaries = []
    for number, key in enumerate(keys, start=1):
        try:
            saved = json.loads((folder / f"stage-{number}" / SUMMARY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            break
        if saved.get("key") != key:
            break
        summaries.append(saved["summary"])
    return summaries


def save_stage(tuned, path: Path, base_name: str, summary: dict) -> None:
    """Write adapter and summary as one folder, in one step."""

    def fill(folder: Path) -> None:
        # The configuration names the model as the job does, not a folder of this machine's cache.
        tuned.peft_config["default"].base_model_name_or_path = base_name
        tuned.save_pretrained(folder, save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)
        write_json(folder / SUMMARY, summary)

    write_folder(path, fill)


def load_adapter(tuned, folder: Path) -> None:
    """Put a saved stage's weights into the adapter layers."""
    from peft import set_peft_model_state_dict
    from safetensors.torch import load_file

    set_peft_model_state_dict(tuned, load_file(folder / ADAPTER_WEIGHTS))


def copy_adapter(source: Path, target: Path) -> None:
    """Copy the adapter files of a stage, without its summary."""
    for file in source.iterdir():
        if file.name != SUMMARY:
            shutil.copyfile(file, target / file.name)
