"""Exact categorical draws, faster than torch.multinomial, from given uniform numbers."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

# Near the square root of common vocabularies, so that both levels of the search are short.
BLOCK = 256
# With top-p nearly all of the mass lies in few tokens; only rows where it does not are sorted in full.
HEAD = 512


def uniforms(seed: int, request_id: str, index: int, tokens: int) -> list[tuple[float, float]]:
    """Two numbers from [0, 1) per token, from (seed, id, index) only; a longer list begins with the shorter one.

    Python's Mersenne Twister is used because its random() is specified to stay the same in all versions.
    """
    key = f"{seed}\0{index}\0{request_id}".encode("utf-8", "surrogatepass")
    generator = random.Random(int.from_bytes(hashlib.sha256(key).digest(), "big"))
    return [(generator.random(), generator.random()) for _ in range(tokens)]


def draw(logits: Tensor, uniform: Tensor, temperature: float, top_p: float = 1.0) -> Tensor:
    """One token id per row.

    logits: (rows, vocabulary). uniform: (rows, 2) float64 from [0, 1). temperature 0 takes the largest logit. top_p
    keeps the smallest set of most likely tokens whose probability reaches it. Draws invert cumulative distributions.
    """
    if temperature == 0:
        return logits.argmax(-1)
    scores = logits.float()
    if temperature != 1:
        scores = scores / temperature
    probabilities = scores.softmax(-1)
    if top_p < 1:
        return _draw_nucleus(probabilities, uniform[:, 0], top_p)
    return _draw_two_levels(probabilities, uniform)


def _draw_two_levels(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """Draw a block of tokens by the blocks' sums, then a token inside that block, each with a number of its own.

    With one number for both, tokens of the long tail (narrower than the rounding errors of the sums before them) would
    change with the composition of the batch.
    """
    import torch

    rows, vocabulary = probabilities.shape
    if vocabulary % BLOCK:
        probabilities = torch.nn.functional.pad(probabilities, (0, BLOCK - vocabulary % BLOCK))
    blocks = probabilities.view(rows, -1, BLOCK)
    block = _invert(blocks.sum(-1).double().cumsum(-1), uniform[:, :1])
    inside = blocks[torch.arange(rows, device=block.device), block[:, 0]].double().cumsum(-1)
    token = _invert(inside, uniform[:, 1:])
    return (block * BLOCK + token)[:, 0]


def _invert(sums: Tensor, uniform: Tensor) -> Tensor:
    """Index (rows, 1) of the entry of cumulative sums (rows, entries) that a uniform number (rows, 1) falls into."""
    import torch

    total = sums[:, -1:]
    # Rounding may bring the product up to the total; an entry with some probability is meant even then.
    return torch.searchsorted(sums, torch.minimum(uniform * total, total * (1 - 1e-15)), right=True)


def _draw_nucleus(probabilities: Tensor, uniform: Tensor, top_p: float) -> Tensor:
    """Draw among the most likely tokens, sorting only as many as the nucleus needs."""
    import torch

    rows, vocabulary = probabilities.shape
    head = min(HEAD, vocabulary)
    values, tokens = probabilities.topk(head, dim=-1, sorted=True)
    sums = values.double().cumsum(-1)
    result = torch.empty(rows, dtype=torch.long, device=probabilities.device)
    short = sums[:, -1] < top_p if head < vocabulary else torch.zeros(rows, dtype=torch.bool, device=result.device)
    for chosen, full in ((~short, False), (short, True)):
        if not chosen.any():
            continue
        if full:
            some_values, some_tokens = probabilities[chosen].sort(dim=-1, descending=True)
            some_sums = some_values.double().cumsum(-1)
        else:
            some_tokens, some_sums = tokens[chosen], sums[chosen]
        # The nucleus ends at the first token whose cumulative probability reaches top_p.
        last = (some_sums < top_p).sum(-1, keepdim=True).clamp(max=some_sums.shape[1] - 1)
        target = uniform[chosen, None] * some_sums.gather(1, last)
        place = torch.minimum(torch.searchsorted(some_sums, target, right=True), last)
        result[chosen] = some_tokens.gather(1, place)[:, 0]
    return result
