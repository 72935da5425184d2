"""The categorical draw against the exact distribution."""

from __future__ import annotations

import pytest
import torch

from hyde_worker.draw import draw, uniforms

FIRST = (0.7015180888165975, 0.49670586820661045)


def chi_square(logits: torch.Tensor, expected: torch.Tensor, temperature: float, top_p: float, draws: int) -> float:
    """Standardised chi-square of `draws` tokens against probabilities: about normal(0, 1) when they agree."""
    uniform = torch.rand(draws, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    tokens = torch.cat([draw(logits.expand(len(u), -1), u, temperature, top_p) for u in uniform.split(1000)])
    counts = torch.bincount(tokens, minlength=len(expected)).double()
    assert (counts[expected == 0] == 0).all()
    order = expected.argsort(descending=True)
    counts, expected = counts[order], expected[order] * draws
    large = int((expected >= 5).sum())
    cells = [counts[:large], counts[large:].sum()[None]], [expected[:large], expected[large:].sum()[None]]
    found, wanted = torch.cat(cells[0]), torch.cat(cells[1])
    found, wanted = found[wanted > 0], wanted[wanted > 0]
    freedom = len(wanted) - 1
    return float((((found - wanted) ** 2 / wanted).sum() - freedom) / (2 * freedom) ** 0.5)


def nucleus(probabilities: torch.Tensor, top_p: float) -> torch.Tensor:
    values, tokens = probabilities.sort(descending=True)
    keep = values.cumsum(0) - values < top_p
    result = torch.zeros_like(probabilities)
    result[tokens[keep]] = values[keep]
    return result / result.sum()


@pytest.mark.parametrize("vocabulary", [7, 256, 1000, 49152])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_the_draw_follows_softmax(vocabulary, temperature):
    logits = torch.randn(1, vocabulary, generator=torch.Generator().manual_seed(vocabulary)) * 3
    expected = (logits[0].double() / temperature).softmax(0)
    assert abs(chi_square(logits, expected, temperature, 1.0, 20_000)) < 4


@pytest.mark.parametrize("spread", [0.1, 3.0])
def test_top_p_draws_from_the_nucleus_only(spread):
    # Spread 0.1 is so flat that the nucleus is longer than what is sorted at first.
    logits = torch.randn(1, 2000, generator=torch.Generator().manual_seed(3)) * spread
    expected = nucleus(logits[0].double().softmax(0), 0.8)
    assert abs(chi_square(logits, expected, 1.0, 0.8, 20_000)) < 4


def test_extreme_uniforms_hit_possible_tokens():
    logits = torch.full((2, 600), -1e9)
    logits[:, [3, 400]] = 0.0
    uniform = torch.tensor([[0.0] * 2, [1 - 2**-53] * 2], dtype=torch.float64)
    assert draw(logits, uniform, 1.0).tolist() == [3, 400]
    assert set(draw(logits, uniform, 1.0, 0.9).tolist()) <= {3, 400}


def test_temperature_zero_takes_the_largest_logit():
    assert draw(torch.tensor([[1.0, 3.0, 2.0]]), torch.tensor([[0.9, 0.9]]), 0).tolist() == [1]


def test_uniforms_depend_on_seed_id_and_index_only():
    assert uniforms(1, "a", 7, 40) == uniforms(1, "a", 7, 80)[:40]
    streams = [uniforms(*key, 5) for key in [(1, "a", 7), (2, "a", 7), (1, "b", 7), (1, "a", 8)]]
    assert len({tuple(stream) for stream in streams}) == 4
    # Written down once: they must not change between versions of Python or of this package.
    assert uniforms(3, "question", 7, 1) == [FIRST]
