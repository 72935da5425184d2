"""The optimisation loop of one training stage."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from .checkpoint import Checkpoint
from .dataset import Example
from .errors import JobError
from .heads import selected_logits
from .job import Training
from .models import Loaded
from .schedule import learning_rate, step_groups, summary
from .team import Team

# Parameters from which on activations are computed twice rather than kept, unless the job says otherwise.
LARGE = 10**9


def fit(
    tuned,
    loaded: Loaded,
    examples: list[Example],
    training: Training,
    seed: int,
    stage: int,
    report: Callable[..., None],
    checkpoint: Checkpoint,
    team: Team,
) -> dict:
    """Train the adapter of `tuned` (a PEFT model) and return tokens, answerTokens, steps, firstLoss and lastLoss.

    The loss of a step is the mean over all learnt tokens of its batches. report: called with the tokens done so far
    and named rates. team: processes that share the rows of each step.
    """
    groups = step_groups(examples, training, seed, stage)
    weights = [p for p in tuned.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, training.learning_rate, training.betas, weight_decay=training.weight_decay)
    counts = checkpoint.load(weights, optimizer)
    tokens, answer_tokens, losses = counts["tokens"], counts["answerTokens"], counts["losses"]
    before, started = tokens, time.monotonic()
    with settings_for_training(tuned, loaded, training):
        for step in range(len(losses), len(groups)):
            # What a step's dropout draws depends on the step alone, so that a resumed stage draws what it would have.
            torch.manual_seed(torch_seed(seed, stage, step, team.rank))
            for parameters in optimizer.param_groups:
                parameters["lr"] = learning_rate(step, len(groups), training)
            learnt = sum(examples[i].learnt_count for batch in groups[step] for i in batch)
            total = torch.zeros((), device=loaded.device)
            for batch in groups[step]:
                if rows := [examples[i] for i in team.share(batch)]:
                    loss = batch_loss(tuned, loaded, rows) / learnt
                    loss.backward()
                    total += loss.detach()
                tokens += sum(len(examples[i].ids) for i in batch)
            step_loss = team.add_up(weights, total).item()
            if not math.isfinite(step_loss):
                raise FloatingPointError(f"the loss became {step_loss} at step {step + 1}; lower learningRate")
            if training.max_grad_norm:
                torch.nn.utils.clip_grad_norm_(weights, training.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            answer_tokens += learnt
            losses.append(step_loss)
            rate = round((tokens - before) / (time.monotonic() - started), 1)
            report(tokens, step=step + 1, steps=len(groups), loss=round(step_loss, 4), tokensPerSecond=rate)
            counts = {"tokens": tokens, "answerTokens": answer_tokens, "losses": losses}
            checkpoint.save_in_time(weights, optimizer, counts)
    return summary(tokens, answer_tokens, losses)


@contextmanager
def settings_for_training(tuned, loaded: Loaded, training: Training) -> Iterator[None]:
    """Put the model into training mode, and back."""
    model = tuned.get_base_model()
    recompute = training.gradient_checkpointing
    if recompute is None:
        recompute = model.supports_gradient_checkpointing and sum(p.numel() for p in model.parameters()) >= LARGE
    if recompute and not model.supports_gradient_checkpointing:
        message = "This model's code cannot compute activations twice; leave gradientCheckpointing out of job.json."
        raise JobError("bad-job", message, "job.json")
    deterministic = torch.are_deterministic_algorithms_enabled()
    if loaded.device == "cuda":
        torch.use_deterministic_algorithms(True, warn_only=True)
    if recompute:
        # The other kind needs inputs with gradients, which a frozen base does not have.
        model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    tuned.train()
    try:
        yield
    finally:
        tuned.eval()
        if recompute:
            model.activation_checkpointing_disable()
        torch.use_deterministic_algorithms(deterministic)


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


def torch_seed(*parts: int) -> int:
    """A seed for torch that depends on all parts."""
    text = "/".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
