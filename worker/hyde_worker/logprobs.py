"""Job kind `logprobs`: the log-probability of each token of given answers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .chat import Messages
from .events import Events
from .files import sha256_file, write_file
from .job import LogprobsJob
from .models import Store
from .requests import at_line, check_length, read_rows, request_fields

# At most so many rows, and tokens with padding, at once: each token may need a logit for every word of the vocabulary.
ROWS = 32
TOKENS = {"cpu": 4096, "cuda": 16_384}
SCORES = "logprobs.jsonl"


@dataclass(frozen=True)
class Request:
    id: str
    messages: Messages
    answer: str


def parse_request(value: dict) -> Request:
    """Check one line of requests.jsonl. Raises ValueError."""
    request_id, messages = request_fields(value)
    if not isinstance(value.get("answer"), str):
        raise ValueError("answer must be a string")
    return Request(request_id, messages, value["answer"])


def record(folder: Path, scores: list[dict]) -> dict:
    """Write logprobs.jsonl; what the result says of it."""
    write_file(folder / SCORES, "".join(json.dumps(score) + "\n" for score in scores))
    return {"path": SCORES, "sha256": sha256_file(folder / SCORES), "count": len(scores)}


def run(job: LogprobsJob, folder: Path, store: Store, events: Events) -> dict:
    """Emit a `logprobs` event for each request, write logprobs.jsonl and return the result's fields."""
    requests = read_rows(job.requests, parse_request)
    loaded = store.with_adapter(job.base, job.adapter, events)
    from .score import score

    encoded = [at_line(job.requests, line, loaded.chat.answer, r.messages, r.answer) for line, r in requests]
    lengths = [len(prompt) + len(answer) for prompt, answer in encoded]
    for (line, _), length in zip(requests, lengths, strict=True):
        at_line(job.requests, line, check_length, length, loaded.context)
    total = sum(lengths)
    started, done, scores = time.monotonic(), 0, {}
    prompts = [tuple(prompt) for prompt, _ in encoded]
    for batch in batches(lengths, prompts, job.batch_size or ROWS, TOKENS[loaded.device]):
        for i, values in zip(batch, score(loaded.model, [encoded[i] for i in batch], loaded.chat.pad_id), strict=True):
            scores[i] = {"id": requests[i][1].id, "tokens": encoded[i][1], "logprobs": values}
            done += lengths[i]
            events.emit("logprobs", **scores[i])
        rate = round(done / (time.monotonic() - started), 1)
        events.progress("logprobs", done, total, "tokens", tokensPerSecond=rate)
    return {
        "logprobs": record(folder, [scores[i] for i in sorted(scores)]),
        "tokens": total,
        "seconds": round(time.monotonic() - started, 2),
        **loaded.described(),
    }


def batches(lengths: list[int], prompts: list[tuple], rows: int, tokens: int) -> Iterator[list[int]]:
    """Indices of rows of similar length, at most `rows` and, with padding, `tokens` at once (but never no row).

    Answers to one prompt stay together, since the prompt is then computed once.
    """
    batch: list[int] = []
    longest: dict[tuple, tuple[int, int]] = {}
    for i, prompt in enumerate(prompts):
        length, first = longest.get(prompt, (0, i))
        longest[prompt] = (max(length, lengths[i]), first)
    for i in sorted(range(len(lengths)), key=lambda i: (longest[prompts[i]], lengths[i], i)):
        if batch and (len(batch) == rows or (len(batch) + 1) * max(lengths[j] for j in (*batch, i)) > tokens):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
