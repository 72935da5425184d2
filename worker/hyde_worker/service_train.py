"""Job kind `train` at the Tinker API: the loop runs here, weights and gradients stay there."""

from __future__ import annotations

import time
from pathlib import Path

from .events import Events
from .files import write_folder, write_json
from .job import TrainJob
from .service import POINTER, WHERE, Service, failures_in_words, pointer_sha256
from .service_fit import RemoteStage
from .train import SUMMARY, copy_adapter, prepared

# The service sets no limit that it tells.
CONTEXT = 2**31


@failures_in_words()
def run(job: TrainJob, folder: Path, service: Service, events: Events) -> dict:
    """Train all stages that are not finished yet, write adapter/ and return the result's fields."""
    chat = service.chat(job.base.name)
    data, keys, summaries, total = prepared(job, folder, chat, CONTEXT)
    done = sum(summary["tokens"] for summary in summaries)
    for k in range(len(summaries), len(job.stages)):
        examples, truncated = data[k]
        started = time.monotonic()

        def report(tokens: int, before: int = done, number: int = k + 1, **rates: object) -> None:
            events.progress("train", before + tokens, total, "tokens", stage=number, **rates)

        stage = RemoteStage(job, k, keys[k], folder, service)
        outcome = stage.fit(examples, report)
        pointer = stage.save()
        seconds = round(time.monotonic() - started, 2)
        told = {"rows": len(examples), **outcome, "truncated": truncated, "seconds": seconds}
        done += told["tokens"]

        def fill(path: Path, pointer: dict = pointer, told: dict = told, key: str = keys[k]) -> None:
            write_json(path / POINTER, pointer)
            write_json(path / SUMMARY, {"key": key, "summary": told})

        write_folder(folder / f"stage-{k + 1}", fill)
        summaries.append(told)
    last = folder / f"stage-{len(job.stages)}"
    write_folder(folder / "adapter", lambda temporary: copy_adapter(last, temporary))
    return {
        "adapter": {"path": "adapter", "sha256": pointer_sha256(folder / "adapter")},
        "stages": summaries,
        "base": {"name": job.base.name, "revision": None, "identity": None},
        **WHERE,
    }
