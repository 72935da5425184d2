"""Log-probabilities of answers after prompts, several in one forward pass."""

from __future__ import annotations

import torch

from .decode import pad_left
from .heads import selected_logits
from .step import One


@torch.inference_mode()
def score(model, pairs: list[tuple[list[int], list[int]]], pad_id: int) -> list[list[float]]:
    """Natural log-probability of each answer token. pairs: (prompt ids, answer ids); neither is empty.

    A prompt that several answers share is computed once.
    """
    if len({tuple(prompt) for prompt, _ in pairs}) < len(pairs):
        return _score_shared(model, pairs, pad_id)
    width = max(len(prompt) + len(answer) for prompt, answer in pairs)
    ids = torch.full((len(pairs), width), pad_id, device=model.device)
    mask = torch.zeros_like(ids)
    chosen = torch.zeros_like(ids, dtype=torch.bool)
    for row, (prompt, answer) in enumerate(pairs):
        end = len(prompt) + len(answer)
        ids[row, :end] = torch.tensor(prompt + answer)
        mask[row, :end] = 1
        # The logits at a position are about the token after it.
        chosen[row, len(prompt) - 1 : end - 1] = True
    logits = selected_logits(model, ids, mask, chosen)
    targets = ids[:, 1:][chosen[:, :-1]]
    values = torch.nn.functional.cross_entropy(logits, targets, reduction="none").neg().tolist()
    result, position = [], 0
    for _, answer in pairs:
        result.append(values[position : position + len(answer)])
        position += len(answer)
    return result


def _score_shared(model, pairs: list[tuple[list[int], list[int]]], pad_id: int) -> list[list[float]]:
    device = model.device
    distinct = {prompt: place for place, prompt in enumerate(dict.fromkeys(tuple(prompt) for prompt, _ in pairs))}
    source = torch.tensor([distinct[tuple(prompt)] for prompt, _ in pairs], device=device)
    ids, mask, positions = pad_left([list(prompt) for prompt in distinct], pad_id, device)
    width = max(len(answer) for _, answer in pairs)
    step = One(model)
    logits = step(ids, mask, positions)[source][:, None]
    answers = torch.tensor([answer + [pad_id] * (width - len(answer)) for _, answer in pairs], device=device)
    if width > 1:
        step.expand(source, width)
        seen = torch.tensor([[i < len(answer) for i in range(width - 1)] for _, answer in pairs], device=device)
        full = torch.cat([mask[source], seen.to(mask.dtype)], 1)
        after = positions[source, -1:] + torch.arange(1, width, device=device)
        logits = torch.cat([logits, step.all(answers[:, :-1], full, after)], 1)
    values = logits.float().log_softmax(-1).gather(-1, answers[:, :, None])[:, :, 0].tolist()
    return [row[: len(answer)] for row, (_, answer) in zip(values, pairs, strict=True)]
