"""A stand-in for the SDK of the Tinker API: the calls that the worker makes, with the same names and arguments.

Behind it is a table of which token follows which, so that training changes what is answered and scored. Checkpoints are
files in $FAKE_TINKER: other processes find them, as they would at the service. $FAKE_TINKER/fail holds the name of the
exception that the next optimizer step raises, and the step.
"""

from __future__ import annotations

import json
import math
import os
import random
import uuid
from dataclasses import dataclass, field
from pathlib import Path

VOCABULARY = 1000
BASES = ("smollm2-135m-instruct",)


class TinkerError(Exception):
    pass


class APIStatusError(TinkerError):
    pass


class AuthenticationError(APIStatusError):
    pass


class NotFoundError(APIStatusError):
    pass


class InternalServerError(APIStatusError):
    pass


def store() -> Path:
    return Path(os.environ["FAKE_TINKER"])


class Future:
    def __init__(self, value=None, error: Exception | None = None):
        self._value, self._error = value, error

    def result(self, timeout: float | None = None):
        if self._error:
            raise self._error
        return self._value


@dataclass
class ModelInput:
    ids: list[int]

    @classmethod
    def from_ints(cls, tokens: list[int]) -> ModelInput:
        return cls(list(tokens))


class TensorData:
    def __init__(self, data=None, dtype=None, shape=None):
        assert dtype in ("int64", "float32")
        self.data, self.dtype, self.shape = data, dtype, shape


@dataclass
class Datum:
    model_input: ModelInput
    loss_fn_inputs: dict[str, TensorData] = field(default_factory=dict)


@dataclass
class AdamParams:
    learning_rate: float = 1e-4
    beta1: float = 0.9
    beta2: float = 0.95
    eps: float = 1e-12
    weight_decay: float = 0.0
    grad_clip_norm: float = 0.0


@dataclass
class SamplingParams:
    max_tokens: int | None = None
    seed: int | None = None
    stop: object = None
    temperature: float = 1
    top_k: int = -1
    top_p: float = 1


@dataclass
class Answer:
    """Stands for every small response of the SDK."""

    path: str = ""
    sequences: list = field(default_factory=list)
    tokens: list = field(default_factory=list)
    stop_reason: str = "stop"
    loss_fn_outputs: list = field(default_factory=list)


class Table:
    """Natural log-probabilities of the next token, from what was learnt."""

    def __init__(self, counts: dict[str, float] | None = None):
        self.counts = dict(counts or {})

    def logprob(self, before: int, token: int) -> float:
        learnt = {key: n for key, n in self.counts.items() if key.startswith(f"{before} ")}
        return math.log((1 + learnt.get(f"{before} {token}", 0)) / (VOCABULARY + sum(learnt.values())))

    def likeliest(self, before: int) -> int | None:
        learnt = {key: n for key, n in self.counts.items() if key.startswith(f"{before} ")}
        return int(max(learnt, key=learnt.get).split()[1]) if learnt else None


class TrainingClient:
    def __init__(self, base: str, table: Table, steps: int = 0):
        self.base, self.table, self.steps, self.pending = base, table, steps, {}

    def forward_backward(self, data, loss_fn, loss_fn_config=None) -> Future:
        assert loss_fn == "cross_entropy"
        outputs = []
        for datum in data:
            inputs = {key: list(value.data) for key, value in datum.loss_fn_inputs.items()}
            targets, weights = inputs["target_tokens"], inputs["weights"]
            assert len(targets) == len(weights) == len(datum.model_input.ids)
            logprobs = [self.table.logprob(*pair) for pair in zip(datum.model_input.ids, targets, strict=True)]
            outputs.append({"logprobs": TensorData(logprobs, "float32")})
            for before, token, weight in zip(datum.model_input.ids, targets, weights, strict=True):
                if weight > 0:
                    key = f"{before} {token}"
                    self.pending[key] = self.pending.get(key, 0) + weight
        return Future(Answer(loss_fn_outputs=outputs))

    def optim_step(self, optim_params=None, *, adam_params=None) -> Future:
        self.steps += 1
        failure = store() / "fail"
        if failure.exists():
            name, step = failure.read_text().split()
            if int(step) == self.steps:
                failure.unlink()
                return Future(error=globals()[name](f"it is down, {os.environ.get('TINKER_API_KEY')}"))
        for key, weight in self.pending.items():
            self.table.counts[key] = self.table.counts.get(key, 0) + 1e6 * optim_params.learning_rate * weight
        self.pending = {}
        return Future(Answer())

    def _save(self, kind: str, name: str) -> Future:
        path = f"tinker://{uuid.uuid4().hex}/{kind}/{name}"
        content = {"base": self.base, "counts": self.table.counts, "steps": self.steps, "path": path}
        (store() / (path.split("/")[2] + ".json")).write_text(json.dumps(content))
        return Future(Answer(path=path))

    def save_state(self, name, ttl_seconds=None, overwrite=False, user_metadata=None) -> Future:
        return self._save("weights", name)

    def save_weights_for_sampler(self, name, ttl_seconds=None, user_metadata=None) -> Future:
        return self._save("sampler_weights", name)


def load(path: str) -> dict:
    assert path.startswith("tinker://")
    return json.loads((store() / (path.split("/")[2] + ".json")).read_text())


class SamplingClient:
    def __init__(self, base: str, table: Table):
        self.base, self.table = base, table

    def get_tokenizer(self):
        from transformers import AutoTokenizer

        from hyde_worker.embedded import embedded_model

        return AutoTokenizer.from_pretrained(embedded_model())

    def sample(self, prompt, num_samples, sampling_params, include_prompt_logprobs=False) -> Future:
        chance = random.Random(f"{sampling_params.seed} {prompt.ids}")
        last, tokens = prompt.ids[-1], []
        while len(tokens) < sampling_params.max_tokens:
            last = self.table.likeliest(last) or chance.randrange(300, VOCABULARY)
            tokens.append(last)
            if last in sampling_params.stop:
                return Future(Answer(sequences=[Answer(tokens=tokens, stop_reason="stop")] * num_samples))
        return Future(Answer(sequences=[Answer(tokens=tokens, stop_reason="length")] * num_samples))

    def compute_logprobs(self, prompt, prompt_logprobs_last_n=None) -> Future:
        ids = prompt.ids
        return Future([None, *(self.table.logprob(*pair) for pair in zip(ids, ids[1:], strict=False))])


class ServiceClient:
    def __init__(self, user_metadata=None, project_id=None, *, base_url=None, api_key=None):
        if not os.environ.get("TINKER_API_KEY"):
            raise TinkerError("no key")

    def create_lora_training_client(
        self, base_model, rank=32, seed=None, train_mlp=True, train_attn=True, train_unembed=True, user_metadata=None
    ) -> Future:
        if base_model not in BASES:
            return Future(error=NotFoundError(f"no model {base_model}"))
        return Future(TrainingClient(base_model, Table()))

    def create_training_client_from_state(self, path, base_model=None, user_metadata=None) -> Future:
        found = load(path)
        return Future(TrainingClient(found["base"], Table(found["counts"])))

    def create_training_client_from_state_with_optimizer(self, path, base_model=None, user_metadata=None) -> Future:
        found = load(path)
        return Future(TrainingClient(found["base"], Table(found["counts"]), found["steps"]))

    def create_sampling_client(self, model_path=None, base_model=None, retry_config=None) -> Future:
        if model_path:
            found = load(model_path)
            return Future(SamplingClient(found["base"], Table(found["counts"])))
        if base_model not in BASES:
            return Future(error=NotFoundError(f"no model {base_model}"))
        return Future(SamplingClient(base_model, Table()))
