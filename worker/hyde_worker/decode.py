"""The decoding loop: many answers in parallel through transformers' own forward and cache."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import DynamicCache

from .cache import compaction, expand, keep_rows
from .draw import draw

# Rows are dropped when at least this share of the batch has finished: each new batch size costs the matrix library a
# plan of its own, so dropping every row at once would be slower.
DROP_SHARE = 0.06


@dataclass(frozen=True)
class Row:
    """One answer to generate. prompt: index into the list of prompts. uniforms: two numbers per token (`draw`)."""

    prompt: int
    uniforms: list[tuple[float, float]]


@dataclass(frozen=True)
class Finished:
    """row: index into the list of rows. ids: generated tokens, with the stop token if there is one."""

    row: int
    ids: list[int]
    stopped: bool


@torch.inference_mode()
def generate(
    model,
    prompts: list[list[int]],
    rows: list[Row],
    max_tokens: int,
    stop_ids: set[int],
    pad_id: int,
    temperature: float = 1.0,
    top_p: float = 1.0,
    on_step: Callable[[int], None] = lambda rows: None,
) -> Iterator[Finished]:
    """Generate all rows at once and yield each as soon as it is finished.

    model: any causal language model of transformers that works with DynamicCache. Each prompt is computed once however
    many rows use it. on_step: called with the number of tokens that a step has generated.
    """
    device = model.device
    step_model = _Step(model)
    ids, mask, positions = pad_left(prompts, pad_id, device)
    cache = DynamicCache(config=model.config)
    logits = step_model(ids, mask, positions, cache)
    source = torch.tensor([row.prompt for row in rows], device=device)
    expand(cache, source, max_tokens)
    width = mask.shape[1]
    # The mask is allocated for all steps; a step sees the part up to its own position.
    full_mask = torch.cat([mask[source], mask.new_ones(len(rows), max_tokens)], 1)
    logits, position = logits[source], positions[source, -1]
    uniform = torch.tensor([row.uniforms for row in rows], dtype=torch.float64, device=device)
    stops = torch.tensor(sorted(stop_ids), device=device)
    number = torch.arange(len(rows), device=device)
    alive = torch.ones(len(rows), dtype=torch.bool, device=device)
    generated = torch.full((len(rows), max_tokens), pad_id, device=device)
    for step in range(max_tokens):
        token = draw(logits, uniform[:, step], temperature, top_p)
        generated[number, step] = token
        on_step(int(alive.sum()))
        stopped = alive & torch.isin(token, stops)
        ended = stopped if step < max_tokens - 1 else alive
        if ended.any():
            for row, stop in zip(number[ended].tolist(), stopped[ended].tolist(), strict=True):
                yield Finished(row, generated[row, : step + 1].tolist(), stop)
            alive = alive & ~ended
            count = int(alive.sum())
            if not count:
                return
            if len(alive) - count >= DROP_SHARE * len(alive):
                sources, targets, order = compaction(alive)
                keep_rows(cache, sources, targets, order)
                token, position, number = token[order], position[order], number[order]
                uniform, full_mask, alive = uniform[order], full_mask[order], alive[order]
        position = position + 1
        logits = step_model(token[:, None], full_mask[:, : width + step + 1], position[:, None], cache)


def pad_left(prompts: list[list[int]], pad_id: int, device: object) -> tuple[Tensor, Tensor, Tensor]:
    """(ids, mask, positions), each (prompts, longest), with padding before the prompts and positions from 0."""
    width = max(map(len, prompts))
    ids = torch.tensor([[pad_id] * (width - len(p)) + p for p in prompts], device=device)
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
    return ids, mask, (mask.cumsum(-1) - 1).clamp(min=0)


class _Step:
    """One forward call that returns the logits (rows, vocabulary) of the last position."""

    def __init__(self, model):
        self.model = model
        self.known = set(inspect.signature(model.forward).parameters)

    def __call__(self, ids: Tensor, mask: Tensor, positions: Tensor, cache: DynamicCache) -> Tensor:
        # Models without absolute positions (ALiBi) take no position_ids, and old ones cannot limit their logits.
        # An index, not a count: the head is slow on the slice that a count gives (it copies its weights for each row).
        last = torch.tensor([ids.shape[1] - 1], device=ids.device)
        optional = {"position_ids": positions, "logits_to_keep": last}
        known = {name: value for name, value in optional.items() if name in self.known}
        output = self.model(input_ids=ids, attention_mask=mask, past_key_values=cache, use_cache=True, **known)
        return output.logits[:, -1]
