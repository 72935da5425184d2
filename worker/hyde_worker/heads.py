"""Logits at chosen positions only: the output head is the dearest layer of a small model."""

from __future__ import annotations

import inspect

import torch
from torch import Tensor


def selected_logits(model, ids: Tensor, mask: Tensor, chosen: Tensor) -> Tensor:
    """float32 logits (chosen.sum(), vocabulary) at the positions where `chosen` (rows, length) is true.

    model: a causal language model of transformers, not a PEFT wrapper. ids and mask: (rows, length).
    """
    if _can_select(model):
        output = model(input_ids=ids, attention_mask=mask, use_cache=False, logits_to_keep=chosen)
        return output.logits.reshape(-1, output.logits.shape[-1]).float()
    return model(input_ids=ids, attention_mask=mask, use_cache=False).logits[chosen].float()


def _can_select(model) -> bool:
    """Whether the model's own forward takes a mask of positions, found by trying it once."""
    known = getattr(model, "_hyde_can_select", None)
    if known is None:
        known = model._hyde_can_select = _try_selecting(model)
    return known


@torch.no_grad()
def _try_selecting(model) -> bool:
    if "logits_to_keep" not in inspect.signature(model.forward).parameters:
        return False
    training = model.training
    model.eval()
    ids = torch.arange(1, 9, device=model.device).view(2, 4)
    chosen = torch.tensor([[0, 1, 0, 0], [0, 1, 1, 1]], device=model.device).bool()
    try:
        found = model(input_ids=ids, use_cache=False, logits_to_keep=chosen).logits
        expected = model(input_ids=ids, use_cache=False).logits[chosen]
        return torch.allclose(found.reshape(expected.shape).float(), expected.float(), rtol=0.02, atol=0.02)
    except (IndexError, TypeError, ValueError, RuntimeError):
        return False  # older or custom models know only a number of last positions
    finally:
        model.train(training)
