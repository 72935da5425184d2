"""The optimisation loop of one training stage at the Tinker API."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

from .dataset import Example
from .files import write_json
from .job import TrainJob
from .schedule import learning_rate, step_groups, summary
from .service import Service, read_pointer

# Optimizer steps between two checkpoints to go on from.
CHECKPOINT_STEPS = 100
CHECKPOINT = "checkpoint.json"


class RemoteStage:
    """One stage: a training client at the service, made anew or from the last checkpoint of an earlier run."""

    def __init__(self, job: TrainJob, stage: int, key: str, folder: Path, service: Service):
        self.job, self.stage, self.key, self.folder, self.service = job, stage, key, folder, service
        self.saved = self._last_checkpoint()
        self.client = self._open()

    def fit(self, examples: list[Example], report: Callable[..., None]) -> dict:
        """Train and return what a stage tells. The loss of a step is the mean over all learnt tokens of its batches."""
        training = self.job.stages[self.stage].training
        groups = step_groups(examples, training, self.job.seed, self.stage)
        tokens, answer_tokens, losses = (self.saved[name] for name in ("tokens", "answerTokens", "losses"))
        for step in range(len(losses), len(groups)):
            rows = [examples[i] for batch in groups[step] for i in batch]
            learnt = sum(row.learnt_count for row in rows)
            adam = self.service.sdk.AdamParams(
                learning_rate=learning_rate(step, len(groups), training),
                beta1=training.betas[0],
                beta2=training.betas[1],
                eps=1e-8,
                weight_decay=training.weight_decay,
                grad_clip_norm=training.max_grad_norm,
            )
            # Both are sent before either is waited for: the service works on them in one go.
            gradients = self.client.forward_backward([self._datum(row, learnt) for row in rows], "cross_entropy")
            update = self.client.optim_step(adam)
            loss = loss_of(gradients.result(), rows, learnt)
            update.result()
            if not math.isfinite(loss):
                raise FloatingPointError(f"the loss became {loss} at step {step + 1}; lower learningRate")
            tokens += sum(len(row.ids) for row in rows)
            answer_tokens += learnt
            losses.append(loss)
            report(tokens, step=step + 1, steps=len(groups), loss=round(loss, 4))
            if (step + 1) % CHECKPOINT_STEPS == 0 and step + 1 < len(groups):
                self._checkpoint({"tokens": tokens, "answerTokens": answer_tokens, "losses": losses})
        return summary(tokens, answer_tokens, losses)

    def save(self) -> dict[str, str]:
        """Keep the stage's weights at the service; the addresses by which to train on and to sample."""
        name = f"hyde-{self.key[:12]}"
        state = self.client.save_state(name, overwrite=True).result().path
        return {"state": state, "sampler": self.client.save_weights_for_sampler(name).result().path}

    def _datum(self, row: Example, learnt: int):
        """A row shifted by one: each position predicts the next token. Weights make the sum of losses their mean."""
        sdk = self.service.sdk
        weights = learnt_weights(row)
        inputs = {
            "target_tokens": sdk.TensorData(data=row.ids[1:], dtype="int64"),
            "weights": sdk.TensorData(data=[weight / learnt for weight in weights], dtype="float32"),
        }
        return sdk.Datum(model_input=sdk.ModelInput.from_ints(row.ids[:-1]), loss_fn_inputs=inputs)

    def _open(self):
        client, base, lora = self.service.client, self.job.base.name, self.job.lora
        if self.saved["state"]:
            return client.create_training_client_from_state_with_optimizer(self.saved["state"]).result()
        if self.stage > 0:
            # A stage begins with a new optimizer.
            state = read_pointer(self.folder / f"stage-{self.stage}")["state"]
            return client.create_training_client_from_state(state).result()
        # As for local models: all linear layers but the output head.
        return client.create_lora_training_client(
            base, rank=lora.rank, seed=self.job.seed, train_unembed=False
        ).result()

    def _checkpoint(self, progress: dict) -> None:
        name = f"hyde-{self.key[:12]}-{len(progress['losses'])}"
        state = self.client.save_state(name, overwrite=True).result().path
        write_json(self.folder / CHECKPOINT, {"key": self.key, "state": state, **progress})

    def _last_checkpoint(self) -> dict:
        try:
            saved = json.loads((self.folder / CHECKPOINT).read_text(encoding="utf-8"))
            if saved["key"] == self.key:
                return saved
        except (OSError, ValueError, KeyError, TypeError):
            pass  # none yet, or that of another stage
        return {"state": None, "tokens": 0, "answerTokens": 0, "losses": []}


def learnt_weights(row: Example) -> list[int]:
    """1 for each position whose next token is learnt, else 0; one fewer than tokens."""
    weights = [0] * (len(row.ids) - 1)
    for start, end in row.learnt:
        weights[start - 1 : end - 1] = [1] * (end - start)
    return weights


def loss_of(output, rows: list[Example], learnt: int) -> float:
    """Mean cross-entropy (nats) of the learnt tokens, from the log-probabilities that the service returns."""
    total = 0.0
    for row, told in zip(rows, output.loss_fn_outputs, strict=True):
        logprobs = list(told["logprobs"].data)
        total -= sum(w * float(p) for w, p in zip(learnt_weights(row), logprobs, strict=True))
    return total / learnt
