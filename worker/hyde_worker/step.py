"""What a step of the decoding loop asks: one model, or a tuned one amplified against its base."""

from __future__ import annotations

import inspect
from typing import Protocol

import torch
from torch import Tensor
from transformers import DynamicCache

from .cache import expand, keep_rows


class Stepper(Protocol):
    """Gives the logits (rows, vocabulary) of the last position, and remembers what came before it.

    divergence: (rows), how far the tuned model is from its base at that position: the Kullback-Leibler divergence of
    their next tokens, in natural logarithms. None where there is one model.
    """

    device: object
    divergence: Tensor | None

    def __call__(self, ids: Tensor, mask: Tensor, positions: Tensor) -> Tensor: ...

    def expand(self, source_rows: Tensor, extra: int) -> None:
        """Repeat and reorder the rows, with room for `extra` more positions."""

    def keep_rows(self, sources: Tensor, targets: Tensor, order: Tensor) -> None:
        """Drop finished rows (`cache.keep_rows`)."""


class One:
    """Any causal language model of transformers that works with DynamicCache."""

    divergence = None

    def __init__(self, model):
        self.model, self.device = model, model.device
        self.cache = DynamicCache(config=model.config)
        self.known = set(inspect.signature(model.forward).parameters)

    def __call__(self, ids: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        # An index, not a count: the head is slow on the slice that a count gives (it copies its weights for each row).
        return self._forward(ids, mask, positions, torch.tensor([ids.shape[1] - 1], device=ids.device))[:, -1]

    def all(self, ids: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        """Logits of every position of `ids`."""
        return self._forward(ids, mask, positions, 0)

    def _forward(self, ids: Tensor, mask: Tensor, positions: Tensor, keep: Tensor | int) -> Tensor:
        # Models without absolute positions (ALiBi) take no position_ids, and old ones cannot limit their logits.
        optional = {"position_ids": positions, "logits_to_keep": keep}
        known = {name: value for name, value in optional.items() if name in self.known}
        return self.model(
            input_ids=ids, attention_mask=mask, past_key_values=self.cache, use_cache=True, **known
        ).logits

    def expand(self, source_rows: Tensor, extra: int) -> None:
        expand(self.cache, source_rows, extra)

    def keep_rows(self, sources: Tensor, targets: Tensor, order: Tensor) -> None:
        keep_rows(self.cache, sources, targets, order)


class Contrast:
    """The logits tuned + amplify * (tuned - base): what tuning changed counts more than it does in the tuned model.

    amplify 0 is the tuned model, with all its tokens. floor: tokens that the tuned model finds less than this many times
    as likely as its likeliest one are left out (Li et al. 2023, contrastive decoding), since a difference of two tiny
    probabilities is mostly noise; 0 leaves out none.
    """

    def __init__(self, tuned, base, amplify: float, floor: float):
        self.tuned, self.base = One(tuned), One(base)
        self.device, self.amplify, self.floor = self.tuned.device, amplify, floor
        self.divergence = None

    def __call__(self, ids: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        tuned = self.tuned(ids, mask, positions).float().log_softmax(-1)
        base = self.base(ids, mask, positions).float().log_softmax(-1)
        apart = tuned - base
        # The sum over all tokens, not only the one that is drawn, so that few positions tell (arXiv 2504.10637).
        self.divergence = (tuned.exp() * apart).sum(-1)
        if not self.amplify:
            return tuned
        logits = tuned + self.amplify * apart
        if self.floor > 0:
            logits[tuned < tuned.amax(-1, keepdim=True) + torch.tensor(self.floor).log()] = -torch.inf
        return logits

    def expand(self, source_rows: Tensor, extra: int) -> None:
        self.tuned.expand(source_rows, extra)
        self.base.expand(source_rows, extra)

    def keep_rows(self, sources: Tensor, targets: Tensor, order: Tensor) -> None:
        self.tuned.keep_rows(sources, targets, order)
        self.base.keep_rows(sources, targets, order)
