"""Several processes on one training job, as torchrun starts them: each computes its share of the rows of a step."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Team:
    """rank: this process's number, from 0; the first one alone writes. size: how many there are."""

    rank: int = 0
    size: int = 1

    @property
    def writes(self) -> bool:
        return self.rank == 0

    def share(self, batch: list[int]) -> list[int]:
        """The rows of a batch that this process computes; together the processes compute each row once."""
        return batch[self.rank :: self.size]

    def join(self) -> None:
        """Meet the others; each takes the GPU with its number. Does nothing for one process."""
        if self.size == 1:
            return
        import torch
        import torch.distributed as distributed

        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", self.rank)))
        if not distributed.is_initialized():
            distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")

    def add_up(self, weights: list, loss):
        """Sum gradients and the loss over all processes, in place. Returns the sum of losses."""
        if self.size == 1:
            return loss
        import torch
        import torch.distributed as distributed

        # Adapters are small: one message with all gradients is cheaper than one for each.
        parts = [(w.grad if w.grad is not None else torch.zeros_like(w)).flatten() for w in weights]
        message = torch.cat([*parts, loss.detach().reshape(1).to(parts[0])])
        distributed.all_reduce(message)
        for weight, gradient in zip(weights, message[:-1].split([w.numel() for w in weights]), strict=True):
            weight.grad = gradient.view_as(weight).clone()
        return message[-1]


def team() -> Team:
    """The team that torchrun's variables describe; one process without them."""
    return Team(int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1)))
