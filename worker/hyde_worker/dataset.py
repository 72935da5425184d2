"""Training rows: reading, encoding, and batches in a seeded order."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from .chat import Chat, check_messages
from .errors import JobError
from .files import sha256_file
from .job import Stage
from .requests import at_line, read_rows

# Rows are sorted by length inside chunks of this many batches: less padding, and the order stays nearly random.
CHUNK_BATCHES = 4


@dataclass(frozen=True)
class Example:
    """ids: tokens of a conversation. learnt: (start, end) spans of ids that the loss is taken on."""

    ids: list[int]
    learnt: list[tuple[int, int]]

    @property
    def learnt_count(self) -> int:
        return sum(end - start for start, end in self.learnt)


def load_examples(stage: Stage, chat: Chat, context: int) -> tuple[list[Example], int]:
    """The stage's rows in file order, and how many of them were cut. Raises JobError `bad-data`.

    context: the model's own limit in tokens; rows are cut at maxLength or there.
    """
    check_sha256(stage)
    rows = read_rows(stage.data, lambda value: check_messages(value.get("messages"), "messages"))
    examples, truncated = [], 0
    length = min(stage.training.max_length, context)
    for line, messages in rows:
        example, cut = at_line(stage.data, line, encode, chat, messages, stage.training.loss, length)
        examples.append(example)
        truncated += cut
    return examples, truncated


def encode(chat: Chat, messages: list[dict], loss: str, max_length: int) -> tuple[Example, bool]:
    """One row as tokens, and whether it was cut. Raises ValueError when nothing to learn is left."""
    ids, spans = chat.whole(messages) if loss == "text" else chat.conversation(messages, loss)
    cut = len(ids) > max_length
    # The first token cannot be predicted from anything.
    spans = [(max(start, 1), min(end, max_length)) for start, end in spans]
    spans = [(start, end) for start, end in spans if start < end]
    if not spans:
        raise ValueError(f"maxLength {max_length} cuts off every assistant turn; raise maxLength")
    return Example(ids[:max_length], spans), cut


def check_sha256(stage: Stage) -> None:
    """Raise JobError `bad-data` when the data file is not the one that the job names by its hash."""
    if stage.sha256 is None:
        return
    try:
        found = sha256_file(stage.data)
    except OSError as error:
        message = f"Cannot read {stage.data}: {error.strerror}; check the path."
        raise JobError("bad-data", message, str(stage.data)) from error
    if found != stage.sha256.lower():
        message = f"{stage.data} has sha256 {found}, not {stage.sha256} as job.json says; send the right file."
        raise JobError("bad-data", message, str(stage.data))


def batches(examples: list[Example], size: int, rng: random.Random) -> list[list[int]]:
    """One epoch as batches of row indices, in an order that depends on the generator only."""
    order = list(range(len(examples)))
    rng.shuffle(order)
    step = CHUNK_BATCHES * size
    chunks = [sorted(order[i : i + step], key=lambda j: (len(examples[j].ids), j)) for i in range(0, len(order), step)]
    epoch = [chunk[i : i + size] for chunk in chunks for i in range(0, len(chunk), size)]
    rng.shuffle(epoch)
    return epoch


def stage_random(seed: int, stage: int) -> random.Random:
    """The generator of a stage's order; no two stages share one."""
    return random.Random(f"{seed}/{stage}")


def stage_key(inputs: dict, stages: list[Stage]) -> str:
    """What a finished stage's adapter depends on: the job's inputs and all stages up to it, data by content."""
    from .files import fingerprint

    def content(path: Path) -> str:
        try:
            return sha256_file(path)
        except OSError as error:
            raise JobError("bad-data", f"Cannot read {path}: {error.strerror}; check the path.", str(path)) from error

    return fingerprint([inputs, [[stage.source, content(stage.data)] for stage in stages]])
