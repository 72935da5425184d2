"""Job kind `sample`: several answers to each prompt."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

from .chat import OPENINGS, Chat, Messages
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
    open: str  # whose turn the model writes


@dataclass(frozen=True)
class Prompt:
    """ids: tokens up to where the model writes. behind: text that ends what it writes, "" where only tokens do."""

    ids: list[int]
    behind: str


def parse_request(value: dict) -> Request:
    """Check one line of requests.jsonl. Raises ValueError."""
    opening = value.get("open", "assistant")
    if opening not in OPENINGS:
        raise ValueError(f"open must be one of {', '.join(OPENINGS)}")
    request_id, messages = request_fields(value, 1 if opening == "assistant" else 0)
    indices, seed = value.get("indices"), value.get("seed")
    if not isinstance(indices, list) or not indices or not all(type(i) is int and i >= 0 for i in indices):
        raise ValueError("indices must be a list of whole numbers from 0")
    if type(seed) is not int:
        raise ValueError("seed must be a whole number")
    return Request(request_id, messages, indices, seed, opening)


def encode(chat: Chat, request: Request) -> Prompt:
    """The request as the model sees it. Raises ValueError where the template has no such turn."""
    if request.open == "assistant":
        return Prompt(chat.prompt(request.messages), "")
    return Prompt(*chat.opening(request.messages, request.open))


def cut(text: str, behind: str) -> tuple[str, bool]:
    """The text up to what the template writes behind a turn, and whether that was there."""
    before, found, _ = text.partition(behind) if behind else (text, "", "")
    return before, bool(found)


def record(folder: Path, answers: dict[tuple[int, int], dict]) -> dict:
    """Write answers.jsonl, in the order of requests and indices; what the result says of it."""
    lines = [json.dumps(answers[key], ensure_ascii=False) for key in sorted(answers)]
    write_file(folder / ANSWERS, "".join(line + "\n" for line in lines))
    return {"path": ANSWERS, "sha256": sha256_file(folder / ANSWERS), "count": len(answers)}


def run(job: SampleJob, folder: Path, store: Store, events: Events) -> dict:
    """Emit an `answer` event for each request and index, write answers.jsonl and return the result's fields."""
    requests = read_rows(job.requests, parse_request)
    loaded = store.with_adapter(job.base, job.adapter, events)
    from .decode import Row, generate
    from .draw import uniforms
    from .step import Contrast, One

    other = store.beside(job.contrast.base, loaded, events) if job.contrast else None
    chat, sampling = loaded.chat, job.sampling
    encoded = [
        at_line(job.requests, line, encode, chat, request, kind="bad-data" if request.open == "assistant" else "bad-job")
        for line, request in requests
    ]
    prompts = [prompt.ids for prompt in encoded]
    for (line, _), prompt in zip(requests, prompts, strict=True):
        at_line(job.requests, line, check_length, len(prompt) + sampling.max_tokens, loaded.context)
    # Prompts of similar length share a batch, so that little is computed on padding.
    order = sorted(range(len(requests)), key=lambda i: (len(prompts[i]), i))
    wanted = [(i, index) for i in order for index in requests[i][1].indices]
    longest = max(map(len, prompts)) + sampling.max_tokens
    size = job.batch_size or sampling_batch(loaded, longest)
    # Equal batches: a small rest would be computed at the speed of a small batch.
    size = math.ceil(len(wanted) / math.ceil(len(wanted) / size))
    # A turn of another role may end in a token of its own: any control token ends it.
    stops = [chat.stop_ids if request.open == "assistant" else chat.stop_ids | chat.control_ids for _, request in requests]
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
                stops[i],
            )
            for i, index in batch
        ]
        contrast = other and Contrast(loaded.model, other.model, job.contrast.amplify, job.contrast.floor)
        for finished in generate(
            contrast or One(loaded.model),
            [list(prompt) for prompt in distinct],
            rows,
            sampling.max_tokens,
            chat.pad_id,
            sampling.temperature,
            sampling.top_p,
            count,
        ):
            i, index = batch[finished.row]
            text, ended = cut(chat.text(finished.ids), encoded[i].behind)
            answer = {
                "id": requests[i][1].id,
                "index": index,
                "text": text,
                "finish": "stop" if finished.stopped or ended else "length",
                "promptTokens": len(prompts[i]),
                "tokens": len(finished.ids),
                **({} if finished.divergence is None else {"divergence": finished.divergence}),
            }
            answers[i, index] = answer
            events.emit("answer", **answer)
    count(0)
    return {
        "answers": record(folder, answers),
        "tokens": tokens,
        "promptTokens": sum(map(len, prompts)),
        "seconds": round(time.monotonic() - started, 2),
        **loaded.described(),
    }
