"""The optimisation loop of one training stage."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable

import torch

from .dataset import Example
from .heads import selected_logits
from .job import Training
from .models import Loaded
from .schedule import learning_rate, step_groups, summary


def fit(
    tuned,
    loaded: Loaded,
    examples: list[Example],
    training: Training,
    seed: int,
    stage: int,
    report: Callable[..., None],
) -> dict:
    """Train the adapter of `tuned` (a PEFT model) and return tokens, answerTokens, steps, firstLoss and lastLoss.

    The loss of a step is the mean over all learnt tokens of its batches. report: called with the tokens done so far
    and named rates.
    """
    torch.manual_seed(torch_seed(seed, stage))
    groups = step_groups(examples, training, seed, stage)
    weights = [p for p in tuned.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, training.learning_rate, training.betas, weight_decay=training.weight_decay)
    deterministic = torch.are_deterministic_algorithms_enabled()
    if loaded.device == "cuda":
        torch.use_deterministic_algorithms(True, warn_only=True)
    tuned.train()
    tokens, answer_tokens, losses, started = 0, 0, [], time.monotonic()
    try:
        for step, group in enumerate(groups):
            for parameters in optimizer.param_groups:
                parameters["lr"] = learning_rate(step, len(groups), training)
            learnt = sum(examples[i].learnt_count for batch in group for i in batch)
            step_loss = 0.0
            for batch in group:
                loss = batch_loss(tuned, loaded, [examples[i] for i in batch]) / learnt
                loss.backward()
                step_loss += loss.item()
                tokens += sum(len(examples[i].ids) for i in batch)
            if not math.isfinite(step_loss):
                raise FloatingPointError(f"the loss became {step_loss} at step {step + 1}; lower learningRate")
            if training.max_grad_norm:
                torch.nn.utils.clip_grad_norm_(weights, training.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            answer_tokens += learnt
            losses.append(step_loss)
            rate = round(tokens / (time.monotonic() - started), 1)
            report(tokens, step=step + 1, steps=len(groups), loss=round(step_loss, 4), tokensPerSecond=rate)
    finally:
        tuned.eval()
        torch.use_deterministic_algorithms(deterministic)
    return summary(tokens, answer_tokens, losses)


def batch_loss(tuned, loaded: Loaded, examples: list[Example]) -> torch.Tensor:
    """Summed cross-entropy (nats) over the learnt tokens of a batch."""
    width = max(len(example.ids) for example in examples)
    ids = torch.full((len(examples), width), loaded.chat.pad_id)
    mask = torch.zeros_like(ids)
    learnt = torch.zeros_like(ids, dtype=torch.bool)
    for row, example in enumerate(examples):
        ids[row, : len(example.ids)] = torch.tensor(example.ids)
        mask[row, : len(example.ids)] = 1
        for start, end in example.learnt:
            learnt[row, start - 1 : end - 1] = True  # the position before a token predicts it
    ids, mask, learnt = (tensor.to(loaded.device) for tensor in (ids, mask, learnt))
    with torch.autocast(loaded.device, torch.bfloat16, enabled=loaded.dtype == "bfloat16"):
        logits = selected_logits(tuned.get_base_model(), ids, mask, learnt)
    return torch.nn.functional.cross_entropy(logits, ids[:, 1:][learnt[:, :-1]], reduction="sum")


def torch_seed(seed: int, stage: int) -> int:
    """Seed of a stage's dropout, so that a resumed stage draws what it would have drawn."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{stage}".encode()).digest()[:8], "big") >> 1
