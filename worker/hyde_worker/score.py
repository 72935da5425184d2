"""Log-probabilities of answers after prompts, several in one forward pass."""

from __future__ import annotations

import torch

from .heads import selected_logits


@torch.inference_mode()
def score(model, pairs: list[tuple[list[int], list[int]]], pad_id: int) -> list[list[float]]:
    """Natural log-probability of each answer token. pairs: (prompt ids, answer ids); prompts are not empty."""
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
