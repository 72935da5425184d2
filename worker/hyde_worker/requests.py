"""Reading requests.jsonl of sample and logprobs jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from .chat import Messages, check_messages
from .errors import JobError
from .files import read_jsonl

T = TypeVar("T")


def read_rows(path: Path, parse: Callable[[dict], T]) -> list[tuple[int, T]]:
    """(line number, parsed object) of each row; a ValueError of `parse` becomes `bad-data` with file and line.

    Raises `bad-data` too when the file has no rows.
    """
    rows = [(line, at_line(path, line, parse, value)) for line, value in read_jsonl(path)]
    if not rows:
        raise JobError("bad-data", f"{path} has no rows; write at least one.", str(path))
    return rows


def at_line(path: Path, line: int, function: Callable, *arguments: object, kind: str = "bad-data"):
    """Call `function`; its ValueError becomes a JobError `kind` that names file and line."""
    try:
        return function(*arguments)
    except ValueError as error:
        message = f"Line {line} of {path.name}: {error}; correct or remove the row."
        raise JobError(kind, message, str(path), line) from error


def check_length(tokens: int, context: int) -> None:
    """Raise ValueError when prompt and answer are longer than the model can take."""
    if tokens > context:
        raise ValueError(f"prompt and answer need {tokens} tokens, and the model takes {context}")


def request_fields(value: dict, least: int = 1) -> tuple[str, Messages]:
    """The id and the messages (at least `least`) that every request has. Raises ValueError."""
    if not isinstance(value.get("id"), str) or not value["id"]:
        raise ValueError("id must be a non-empty string")
    return value["id"], check_messages(value.get("messages"), "messages", least, raw=True)
