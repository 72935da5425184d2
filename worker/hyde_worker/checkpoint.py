"""Where a training stage stands on disk, so that a killed one goes on from there."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import torch

from .files import write_folder

# Between two checkpoints: what is lost by a kill, against the time to write some hundred megabytes.
SECONDS = 300.0
FOLDER = "checkpoint"
FILE = "state.pt"


class Checkpoint:
    """Adapter, optimizer and counts of one stage.

    key: what the stage depends on. writes: false in all processes but one.
    """

    def __init__(self, folder: Path, key: str, writes: bool):
        self.path, self.key, self.writes = folder / FOLDER, key, writes
        self.last = time.monotonic()

    def load(self, weights: list[torch.nn.Parameter], optimizer: torch.optim.Optimizer) -> dict:
        """Put a saved state of this very stage into weights and optimizer. Returns its counts, or those of a start."""
        try:
            # Tensors and plain values only: nothing in the file is executed.
            state = torch.load(self.path / FILE, map_location="cpu", weights_only=True)
        except Exception:  # none, torn, or of another version: the stage begins anew
            state = None
        if state is None or state["key"] != self.key:
            return {"tokens": 0, "answerTokens": 0, "losses": []}
        with torch.no_grad():
            for weight, saved in zip(weights, state["weights"], strict=True):
                weight.copy_(saved)
        optimizer.load_state_dict(state["optimizer"])
        return state["counts"]

    def save_in_time(self, weights: list[torch.nn.Parameter], optimizer: torch.optim.Optimizer, counts: dict) -> None:
        """Write the state when the last one is old enough."""
        if not self.writes or time.monotonic() - self.last < SECONDS:
            return
        state = {
            "key": self.key,
            "weights": [weight.detach().cpu() for weight in weights],
            "optimizer": optimizer.state_dict(),
            "counts": counts,
        }
        write_folder(self.path, lambda temporary: torch.save(state, temporary / FILE))
        self.last = time.monotonic()

    def remove(self) -> None:
        """The stage is finished."""
        if self.writes:
            shutil.rmtree(self.path, ignore_errors=True)
