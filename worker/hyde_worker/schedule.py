"""What a stage does at each optimizer step: its rows and its rate; and what is told of the stage afterwards."""

from __future__ import annotations

import math

from .dataset import Example, batches, stage_random
from .job import Training


def step_groups(examples: list[Example], training: Training, seed: int, stage: int) -> list[list[list[int]]]:
    """The batches (of row indices) of each optimizer step of a stage. Depends on seed and stage only."""
    rng = stage_random(seed, stage)
    order = [
        epoch_batches for _ in range(training.epochs) for epoch_batches in batches(examples, training.batch_size, rng)
    ]
    return [order[i : i + training.gradient_accumulation] for i in range(0, len(order), training.gradient_accumulation)]


def learning_rate(step: int, steps: int, training: Training) -> float:
    """Rate of optimizer step `step` (from 0): linear warm-up that starts above 0, then the schedule down to near 0."""
    warm = min(training.warmup_steps, steps)
    if step < warm:
        return training.learning_rate * (step + 1) / warm
    left = (steps - step) / max(1, steps - warm)
    factor = {"linear": left, "cosine": 0.5 * (1 - math.cos(math.pi * left)), "constant": 1.0}[training.schedule]
    return training.learning_rate * factor


def summary(tokens: int, answer_tokens: int, losses: list[float]) -> dict:
    """What a stage tells: firstLoss is that of the first step, lastLoss the mean of the last tenth, ten at most."""
    last = losses[-max(1, min(10, len(losses) // 10)) :]
    return {
        "tokens": tokens,
        "answerTokens": answer_tokens,
        "steps": len(losses),
        "firstLoss": losses[0],
        "lastLoss": sum(last) / len(last),
    }
