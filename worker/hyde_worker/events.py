"""Events: one JSON object a line, on stdout and in the job folder's events.jsonl."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

HEARTBEAT_SECONDS = 5.0
PROGRESS_SECONDS = 0.5


def claim_stdout() -> TextIO:
    """Keep the real stdout for events and send everything else that is printed, C libraries included, to stderr."""
    sys.stdout.flush()
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace", newline="\n")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return stream


class Events:
    """Writes the events of one job.

    stream: where each line goes at once. folder: the job folder, whose events.jsonl gets the same lines, or None.
    tag: the value of "job" in each line on the stream (serve mode), or None.
    """

    def __init__(self, stream: TextIO, folder: Path | None = None, tag: str | None = None):
        self._stream, self._tag = stream, tag
        self._lock = threading.Lock()
        self._last_progress: dict[str, float] = {}
        self._stop = threading.Event()
        self._file = open(folder / "events.jsonl", "a+b") if folder else None
        if self._file and self._file.tell():
            self._file.seek(-1, os.SEEK_END)
            # A run that was killed while writing leaves a torn line; what follows must not be glued to it.
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")

    def emit(self, event: str, **fields: object) -> None:
        """Write one event. Fields must be JSON values."""
        value = {"event": event, **fields}
        line = json.dumps(value, ensure_ascii=False)
        tagged = json.dumps({**value, "job": self._tag}, ensure_ascii=False) if self._tag else line
        with self._lock:
            if self._file:
                self._file.write(line.encode("utf-8", "backslashreplace") + b"\n")
                self._file.flush()
            self._stream.write(tagged + "\n")
            self._stream.flush()

    def progress(self, phase: str, done: int, total: int, unit: str, **rates: object) -> None:
        """A `progress` event, at most one per phase and half second; the last one (done == total) always passes."""
        now = time.monotonic()
        if done < total and now - self._last_progress.get(phase, -1e9) < PROGRESS_SECONDS:
            return
        self._last_progress[phase] = now
        self.emit("progress", phase=phase, done=done, total=total, unit=unit, **rates)

    def __enter__(self) -> Events:
        threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._file:
            self._file.close()

    def _beat(self) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS):
            try:
                self.emit("heartbeat")
            except ValueError:  # the job ended
                return
            except OSError:  # nobody reads any more; another worker may be given this folder
                os._exit(1)
