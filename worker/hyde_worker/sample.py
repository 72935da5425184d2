"""Job kind `sample`: several answers to each prompt."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

from .chat import Messages
from .events import Events
from .files import sha256_file, write_file
from .job import SampleJob
from .memory import sampling_batch
from .models import Store
from .requests import at_line, check_length, read_rows, request_fields

ANSWERS = "answers.jsonl"


@dataclass(frozen=True)
class Request:
    id: str
    messages: Messages
    indices: list[int]
    seed: int


def parse_request(value: dict) -> Request:
    """Check one line of requests.jsonl. Raises ValueError."""
    request_id, messages = request_fields(value)
    indices, seed = value.get("indices"), value.get("seed")
    if not isinstance(indices, list) or not indices or not all(type(i) is int and i >= 0 for i in indices):
        raise ValueError("indices must be a list of whole numbers from 0")
    if type(seed) is not int:
        raise ValueError("seed must be a whole number")
    return Request(request_id, messages, indices, seed)


def run(job: SampleJob, folder: Path, store: Store, events: Events) -> dict:
    """Emit an `answer` event for each request and index, write answers.jsonl and return the result's fields."""
    requests = read_rows(job.requests, parse_request)
    loaded = store.with_adapter(job.base, job.adapter, events)
    from .decode import Row, generate
    from .draw import uniforms

    chat, sampling = loaded.chat, job.sampling
    prompts = [at_line(job.requests, line, chat.prompt, request.messages) for line, request in requests]
    for (line, _), prompt in zip(requests, prompts, strict=True):
        at_line(job.requests, line, check_length, len(prompt) + sampling.max_tokens, loaded.context)
    # Prompts of similar length share a batch, so that little is computed on padding.
    order = sorted(range(len(requests)), key=lambda i: (len(prompts[i]), i))
    wanted = [(i, index) for i in order for index in requests[i][1].indices]
    longest = max(map(len, prompts)) + sampling.max_tokens
    size = job.batch_size or sampling_batch(loaded, longest)
    # Equal batches: a small rest would be computed at the speed of a small batch.
    size = math.ceil(len(wanted) / math.ceil(len(wanted) / size))
    started, tokens, answers = time.monotonic(), 0, {}

    def count(generated: int) -> None:
        nonlocal tokens
        tokens += generated
        rate = round(tokens / (time.monotonic() - started), 1)
        events.progress("sample", len(answers), len(wanted), "answers", tokens=tokens, tokensPerSecond=rate)

    for start in range(0, len(wanted), size):
        batch = wanted[start : start + size]
        distinct = list({tuple(prompts[i]): None for i, _ in batch})
        place = {prompt: number for number, prompt in enumerate(distinct)}
        rows = [
            Row(
                place[tuple(prompts[i])],
                uniforms(requests[i][1].seed, requests[i][1].id, index, sampling.max_tokens),
            )
            for i, index in batch
        ]
        for finished in generate(
            loaded.model,
            [list(prompt) for prompt in distinct],
            rows,
            sampling.max_tokens,
            chat.stop_ids,
            chat.pad_id,
            sampling.temperature,
            sampling.top_p,
            count,
        ):
            i, index = batch[finished.row]
            answer = {
                "id": requests[i][1].id,
                "index": index,
                "text": chat.text(finished.ids),
                "finish": "stop" if finished.stopped else "length",
                "promptTokens": len(prompts[i]),
                "tokens": len(finished.ids),
            }
            answers[i, index] = answer
            events.emit("answer", **answer)
    count(0)
    lines = [json.dumps(answers[key], ensure_ascii=False) for key in sorted(answers)]
    write_file(folder / ANSWERS, "".join(line + "\n" for line in lines))
    return {
        "answers": {"path": ANSWERS, "sha256": sha256_file(folder / ANSWERS), "count": len(answers)},
        "tokens": tokens,
        "promptTokens": sum(map(len, prompts)),
        "seconds": round(time.monotonic() - started, 2),
        **loaded.described(),
    }
