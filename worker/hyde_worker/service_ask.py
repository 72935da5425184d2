"""Job kinds `sample`, `logprobs` and `describe` at the Tinker API."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from pathlib import Path

from . import logprobs, sample
from .describe import describe_template
from .events import Events
from .files import fingerprint
from .job import DescribeJob, LogprobsJob, SampleJob
from .requests import at_line, read_rows
from .service import WHERE, Service, failures_in_words, pointer_sha256, read_pointer

# Requests at the service at once; it queues what is too much.
IN_FLIGHT = 256


@failures_in_words()
def run_sample(job: SampleJob, folder: Path, service: Service, events: Events) -> dict:
    """Emit an `answer` event for each request and index, write answers.jsonl and return the result's fields."""
    requests = read_rows(job.requests, sample.parse_request)
    chat, sampler = service.chat(job.base.name), service.sampler(job.base.name, job.adapter)
    prompts = [at_line(job.requests, line, chat.prompt, request.messages) for line, request in requests]
    wanted = [(i, index) for i, (_, request) in enumerate(requests) for index in request.indices]
    sdk, started, tokens = service.sdk, time.monotonic(), 0
    answers: dict[tuple[int, int], dict] = {}
    running: deque = deque()

    def send(i: int, index: int) -> None:
        request = requests[i][1]
        parameters = sdk.SamplingParams(
            max_tokens=job.sampling.max_tokens,
            temperature=job.sampling.temperature,
            top_p=job.sampling.top_p,
            seed=answer_seed(request.seed, request.id, index),
            stop=sorted(chat.stop_ids),
        )
        future = sampler.sample(sdk.ModelInput.from_ints(prompts[i]), num_samples=1, sampling_params=parameters)
        running.append((i, index, future))

    for position, pair in enumerate(wanted):
        send(*pair)
        while len(running) >= IN_FLIGHT or (running and position == len(wanted) - 1):
            i, index, future = running.popleft()
            sequence = future.result().sequences[0]
            ids = [int(token) for token in sequence.tokens]
            answers[i, index] = {
                "id": requests[i][1].id,
                "index": index,
                "text": chat.text(ids),
                "finish": "length" if sequence.stop_reason == "length" else "stop",
                "promptTokens": len(prompts[i]),
                "tokens": len(ids),
            }
            tokens += len(ids)
            events.emit("answer", **answers[i, index])
            events.progress("sample", len(answers), len(wanted), "answers", tokens=tokens)
    return {
        "answers": sample.record(folder, answers),
        "tokens": tokens,
        "promptTokens": sum(map(len, prompts)),
        "seconds": round(time.monotonic() - started, 2),
        **WHERE,
    }


@failures_in_words()
def run_logprobs(job: LogprobsJob, folder: Path, service: Service, events: Events) -> dict:
    """Emit a `logprobs` event for each request, write logprobs.jsonl and return the result's fields."""
    requests = read_rows(job.requests, logprobs.parse_request)
    chat, sampler = service.chat(job.base.name), service.sampler(job.base.name, job.adapter)
    encoded = [at_line(job.requests, line, chat.answer, r.messages, r.answer) for line, r in requests]
    started, scores = time.monotonic(), []
    futures = [
        sampler.compute_logprobs(service.sdk.ModelInput.from_ints(prompt + answer)) for prompt, answer in encoded
    ]
    for (_, request), (_, answer), future in zip(requests, encoded, futures, strict=True):
        values = [float(value) for value in future.result()[-len(answer) :]]
        scores.append({"id": request.id, "tokens": answer, "logprobs": values})
        events.emit("logprobs", **scores[-1])
    return {
        "logprobs": logprobs.record(folder, scores),
        "tokens": sum(len(prompt) + len(answer) for prompt, answer in encoded),
        "seconds": round(time.monotonic() - started, 2),
        **WHERE,
    }


@failures_in_words()
def run_describe(job: DescribeJob, folder: Path, service: Service, events: Events) -> dict:
    """The result's fields. A base model is known by its name alone, a checkpoint by its address."""
    chat = service.chat(job.base.name)
    sampler = read_pointer(job.adapter)["sampler"] if job.adapter else None
    return {
        "identity": fingerprint(["tinker", job.base.name, sampler]),
        "identityKnown": False,
        "base": {"name": job.base.name, "revision": None, "identity": None},
        "adapter": {"sha256": pointer_sha256(job.adapter)} if job.adapter else None,
        "template": describe_template(chat),
        "parameters": None,
        **WHERE,
    }


def answer_seed(seed: int, request: str, index: int) -> int:
    """The seed of one answer: it depends on nothing else, so that an answer can be asked for again by itself."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{request}/{index}".encode()).digest()[:4], "big") >> 1
