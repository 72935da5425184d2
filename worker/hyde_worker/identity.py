"""What a model is, by the content of its weights."""

from __future__ import annotations

import json
from pathlib import Path

from .errors import JobError
from .files import cache_folder, fingerprint, sha256_file, write_json

WEIGHTS = ("*.safetensors", "*.bin")


def model_identity(folder: Path) -> str:
    """sha256 (hex) over names and contents of the weight files of a model folder. Raises `missing-model`."""
    files = next((found for pattern in WEIGHTS if (found := sorted(folder.glob(pattern)))), [])
    if not files:
        raise JobError("missing-model", f"No weight files in {folder}; the model is incomplete.", str(folder))
    return fingerprint([[file.name, cached_sha256(file)] for file in files])


def cached_sha256(file: Path) -> str:
    """sha256 of a file, remembered in the cache folder by path, size and modification time."""
    real = file.resolve()
    stat = real.stat()
    seen = {"path": str(real), "size": stat.st_size, "mtime": stat.st_mtime_ns}
    note = cache_folder() / "identities" / f"{fingerprint(seen)}.json"
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
        if all(known[key] == value for key, value in seen.items()):
            return known["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not known yet, or a broken note: computed again
    digest = sha256_file(real)
    write_json(note, {**seen, "sha256": digest})
    return digest
