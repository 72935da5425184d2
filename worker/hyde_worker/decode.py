"""The decoding loop: many answers in parallel through transformers' own forward and cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .cache import compaction
from .draw import draw
from .step import Stepper

# Rows are dropped when at least this share of the batch has finished: each new batch size costs the matrix library a
# plan of its own, so dropping every row at once would be slower.
DROP_SHARE = 0.06


@dataclass(frozen=True)
class Row:
    """One answer to generate.

    prompt: index into the list of prompts. uniforms: two numbers per token (`draw`). stop_ids: tokens that end it.
    """

    prompt: int
    uniforms: list[tuple[float, float]]
    stop_ids: set[int]


@dataclass(frozen=True)
class Finished:
    """row: index into the list of rows. ids: generated tokens, with the stop token if there is one.

    divergence: of a contrast, the mean of `Stepper.divergence` over the positions of these tokens.
    """

    row: int
    ids: list[int]
    stopped: bool
    divergence: float | None


@torch.inference_mode()
def generate(
    stepper: Stepper,
    prompts: list[list[int]],
    rows: list[Row],
    max_tokens: int,
    pad_id: int,
    temperature: float = 1.0,
    top_p: float = 1.0,
    on_step: Callable[[int], None] = lambda rows: None,
) -> Iterator[Finished]:
    """Generate all rows at once and yield each as soon as it is finished.

    stepper: a model (step.One) or two of them (step.Contrast), fresh. Each prompt is computed once however many rows use
    it. on_step: called with the number of tokens that a step has generated.
    """
    device = stepper.device
    ids, mask, positions = pad_left(prompts, pad_id, device)
    logits = stepper(ids, mask, positions)
    source = torch.tensor([row.prompt for row in rows], device=device)
    stepper.expand(source, max_tokens)
    width = mask.shape[1]
    # The mask is allocated for all steps; a step sees the part up to its own position.
    full_mask = torch.cat([mask[source], mask.new_ones(len(rows), max_tokens)], 1)
    logits, position = logits[source], positions[source, -1]
    apart = stepper.divergence[source] if stepper.divergence is not None else None
    divergence = torch.zeros(len(rows), device=device) if apart is not None else None
    uniform = torch.tensor([row.uniforms for row in rows], dtype=torch.float64, device=device)
    ends = Ends(rows, device)
    number = torch.arange(len(rows), device=device)
    alive = torch.ones(len(rows), dtype=torch.bool, device=device)
    generated = torch.full((len(rows), max_tokens), pad_id, device=device)
    for step in range(max_tokens):
        token = draw(logits, uniform[:, step], temperature, top_p)
        generated[number, step] = token
        if apart is not None:
            divergence[number] += apart
        on_step(int(alive.sum()))
        stopped = alive & ends(token, number)
        ended = stopped if step < max_tokens - 1 else alive
        if ended.any():
            for row, stop in zip(number[ended].tolist(), stopped[ended].tolist(), strict=True):
                mean = divergence[row].item() / (step + 1) if divergence is not None else None
                yield Finished(row, generated[row, : step + 1].tolist(), stop, mean)
            alive = alive & ~ended
            count = int(alive.sum())
            if not count:
                return
            if len(alive) - count >= DROP_SHARE * len(alive):
                sources, targets, order = compaction(alive)
                stepper.keep_rows(sources, targets, order)
                token, position, number = token[order], position[order], number[order]
                uniform, full_mask, alive = uniform[order], full_mask[order], alive[order]
        position = position + 1
        logits = stepper(token[:, None], full_mask[:, : width + step + 1], position[:, None])
        apart = stepper.divergence


class Ends:
    """Which tokens end which rows; rows with equal stop tokens share one table."""

    def __init__(self, rows: list[Row], device: object):
        sets = sorted({tuple(sorted(row.stop_ids)) for row in rows})
        place = {stops: number for number, stops in enumerate(sets)}
        self.stops = [torch.tensor(stops, dtype=torch.long, device=device) for stops in sets]
        self.kind = torch.tensor([place[tuple(sorted(row.stop_ids))] for row in rows], device=device)

    def __call__(self, token: Tensor, number: Tensor) -> Tensor:
        """Whether each token ends its row. number: index of the row that each token belongs to."""
        found = torch.zeros(len(token), dtype=torch.bool, device=token.device)
        for kind, stops in enumerate(self.stops):
            found |= (self.kind[number] == kind) & torch.isin(token, stops)
        return found


def pad_left(prompts: list[list[int]], pad_id: int, device: object) -> tuple[Tensor, Tensor, Tensor]:
    """(ids, mask, positions), each (prompts, longest), with padding before the prompts and positions from 0."""
    width = max(map(len, prompts))
    ids = torch.tensor([[pad_id] * (width - len(p)) + p for p in prompts], device=device)
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
    return ids, mask, (mask.cumsum(-1) - 1).clamp(min=0)
