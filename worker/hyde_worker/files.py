"""Reading inputs and writing outputs so that a killed process leaves nothing half-written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from .errors import JobError


def cache_folder() -> Path:
    """$HYDE_CACHE, else $XDG_CACHE_HOME/hyde, else ~/.cache/hyde."""
    if os.environ.get("HYDE_CACHE"):
        return Path(os.environ["HYDE_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "hyde"


def fingerprint(value: object) -> str:
    """sha256 (hex) of a JSON value, independent of key order and spacing."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_file(path: Path) -> str:
    """sha256 (hex) of a file's bytes."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def sync(path: Path) -> None:
    """fsync a file or a folder's entry table; Windows cannot open folders and is left alone."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_file(path: Path, text: str) -> None:
    """Write UTF-8 text to `path` by a temporary name in the same folder, fsync and rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    temporary.write_text(text, encoding="utf-8")
    sync(temporary)
    os.replace(temporary, path)
    sync(path.parent)


def write_json(path: Path, value: object) -> None:
    """`write_file` of indented JSON."""
    write_file(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_folder(path: Path, fill: Callable[[Path], None], keep_existing: bool = False) -> None:
    """Create folder `path` in one step: `fill` writes into a temporary sibling, which is then renamed.

    keep_existing: another process may win the race; its folder is then kept. Otherwise an old folder is replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    temporary.mkdir()
    try:
        fill(temporary)
        for file in temporary.rglob("*"):
            sync(file)
        sync(temporary)
        if path.exists() and not keep_existing:
            shutil.rmtree(path)
        try:
            os.rename(temporary, path)
        except OSError:
            if not (keep_existing and path.is_dir()):
                raise
        sync(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Delete temporary files and folders that a killed run left in a job folder."""
    for path in folder.glob(".*.tmp"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def read_jsonl(path: Path) -> Iterator[tuple[int, dict]]:
    """Yield (line number from 1, object) of a JSON-lines file; empty lines are skipped.

    Raises JobError `bad-data` with file and line for a missing file, bad encoding, broken JSON or a line that is no
    object.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JobError("bad-data", f"Cannot read {path}: {error.strerror}; check the path.", str(path)) from error
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except ValueError as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is not UTF-8"
            message = f"Line {number} of {path.name} is not valid JSON ({reason}); write one JSON object a line."
            raise JobError("bad-data", message, str(path), number) from error
        if not isinstance(value, dict):
            message = f"Line {number} of {path.name} is not a JSON object; write one JSON object a line."
            raise JobError("bad-data", message, str(path), number)
        yield number, value
