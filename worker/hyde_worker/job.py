"""What job.json may say: loose JSON becomes one of four total dataclasses here and nowhere else."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from .errors import JobError
from .fields import Fields
from .files import fingerprint


@dataclass(frozen=True)
class Model:
    """name: the embedded model, an absolute folder (`~/` too) or a hub name. dtype: auto, float32 or bfloat16.

    bits: 4 where the weights are held in four bits while they are trained on (QLoRA).
    service: "tinker" where the Tinker API holds the model; the name is then Tinker's.
    """

    name: str
    revision: str | None = None
    dtype: str = "auto"
    service: str | None = None
    bits: int | None = None


@dataclass(frozen=True)
class Lora:
    rank: int
    alpha: float
    dropout: float
    targets: str | list[str]


@dataclass(frozen=True)
class Training:
    """learningRate is the peak; warmupSteps counts optimizer steps; maxLength counts tokens; maxGradNorm 0 is off.

    gradientCheckpointing computes activations twice instead of keeping them: the same result with less memory. None:
    where the model is large.
    """

    epochs: int
    learning_rate: float
    batch_size: int
    gradient_accumulation: int
    schedule: str
    warmup_steps: int
    weight_decay: float
    betas: tuple[float, float]
    max_grad_norm: float
    max_length: int
    loss: str
    gradient_checkpointing: bool | None


@dataclass(frozen=True)
class Stage:
    data: Path
    sha256: str | None
    training: Training
    source: dict  # as written in job.json: part of the key of a finished stage


@dataclass(frozen=True)
class Sampling:
    temperature: float
    top_p: float
    max_tokens: int


@dataclass(frozen=True)
class TrainJob:
    base: Model
    seed: int
    lora: Lora
    stages: list[Stage]
    source: dict


@dataclass(frozen=True)
class Contrast:
    """What the tuned model is amplified against: another base, or the job's own base without its adapter."""

    amplify: float
    floor: float
    base: Model


@dataclass(frozen=True)
class SampleJob:
    base: Model
    adapter: Path | None
    requests: Path
    sampling: Sampling
    contrast: Contrast | None
    batch_size: int | None


@dataclass(frozen=True)
class LogprobsJob:
    base: Model
    adapter: Path | None
    requests: Path
    batch_size: int | None


@dataclass(frozen=True)
class DescribeJob:
    base: Model
    adapter: Path | None


Job = TrainJob | SampleJob | LogprobsJob | DescribeJob


def read_source(folder: Path) -> tuple[dict, str]:
    """job.json as an object, and its fingerprint. Raises JobError `bad-job`."""
    path = folder / "job.json"
    try:
        source = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"Cannot read {path} ({error.strerror}); a job folder needs a job.json."
        raise JobError("bad-job", message, str(path)) from error
    except ValueError as error:
        message = f"{path} is not valid JSON ({error}); correct it."
        raise JobError("bad-job", message, str(path), getattr(error, "lineno", None)) from error
    if not isinstance(source, dict):
        raise JobError("bad-job", f"{path} must be a JSON object; correct it.", str(path))
    return source, fingerprint(source)


def parse(source: dict, folder: Path) -> Job:
    """Check job.json and fill in defaults; relative paths are relative to the job folder. Raises `bad-job`."""
    top = Fields(source, "")
    kinds = {"train": _train, "sample": _sample, "logprobs": _logprobs, "describe": _describe}
    kind = top.take("kind", str, check=lambda k: k in kinds, expected="one of " + ", ".join(kinds))
    top.take("meta", dict, None)
    job = kinds[kind](top, folder)
    top.end()
    return job


def _model(value: object, where: str) -> Model:
    fields = Fields(value, where)
    model = Model(
        fields.take("name", str, check=lambda name: bool(name.strip()), expected="a model's name"),
        fields.take("revision", str, None),
        fields.take("dtype", str, "auto", lambda d: d in ("auto", "float32", "bfloat16"), "auto, float32 or bfloat16"),
        fields.take("service", str, None, lambda s: s == "tinker", '"tinker"'),
        fields.take("bits", int, None, lambda bits: bits == 4, "4"),
    )
    fields.end()
    return model


def _adapter(top: Fields, folder: Path) -> Path | None:
    path = top.take("adapter", str, None)
    return folder / path if path else None


def _positive(value: float) -> bool:
    return value > 0 and math.isfinite(value)


def _batch_size(top: Fields) -> int | None:
    return top.take("batchSize", int, None, _positive, "at least 1")


def _train(top: Fields, folder: Path) -> TrainJob:
    base = _model(top.take("base", dict), "base")
    seed = top.take("seed", int, check=lambda s: 0 <= s < 2**63, expected="from 0 to 2^63 - 1")
    lora_fields = Fields(top.take("lora", dict, {}), "lora")
    rank = lora_fields.take("rank", int, 16, _positive, "at least 1")
    targets = lora_fields.left.pop("targets", "all-linear")
    named = isinstance(targets, list) and targets and all(isinstance(name, str) and name for name in targets)
    if targets != "all-linear" and not named:
        raise lora_fields.wrong('lora.targets must be "all-linear" or a list of module names')
    lora = Lora(
        rank,
        lora_fields.take("alpha", float, float(2 * rank), _positive, "above 0"),
        lora_fields.take("dropout", float, 0.0, lambda d: 0 <= d < 1, "from 0 to below 1"),
        targets,
    )
    lora_fields.end()
    stages = top.take("stages", list, check=bool, expected="a list of at least one stage")
    return TrainJob(
        base, seed, lora, [_stage(s, i, folder) for i, s in enumerate(stages)], stage_inputs(base, seed, lora)
    )


def stage_inputs(base: Model, seed: int, lora: Lora) -> dict:
    """What a stage's result depends on besides the stages themselves."""
    named = {key: value for key, value in vars(base).items() if key not in ("service", "bits") or value}
    return {"base": named, "seed": seed, "lora": vars(lora)}


def _stage(value: object, index: int, folder: Path) -> Stage:
    where = f"stages[{index}]"
    stage = Fields(value, where)
    data = folder / stage.take("data", str)
    sha256 = stage.take("sha256", str, None)
    source = stage.take("training", dict, {})
    fields = Fields(source, f"{where}.training")
    betas = fields.take("betas", list, [0.9, 0.99])
    if len(betas) != 2 or not all(isinstance(b, (int, float)) and 0 <= b < 1 for b in betas):
        raise fields.wrong(f"{where}.training.betas must be two numbers from 0 to below 1")
    schedules = ("linear", "constant", "cosine")
    training = Training(
        fields.take("epochs", int, 1, _positive, "at least 1"),
        fields.take("learningRate", float, 1e-3, _positive, "above 0"),
        fields.take("batchSize", int, 4, _positive, "at least 1"),
        fields.take("gradientAccumulation", int, 1, _positive, "at least 1"),
        fields.take("schedule", str, "linear", lambda s: s in schedules, "linear, constant or cosine"),
        fields.take("warmupSteps", int, 5, lambda n: n >= 0, "at least 0"),
        fields.take("weightDecay", float, 0.0, lambda x: 0 <= x < math.inf, "at least 0"),
        (float(betas[0]), float(betas[1])),
        fields.take("maxGradNorm", float, 1.0, lambda x: 0 <= x < math.inf, "at least 0"),
        fields.take("maxLength", int, 2048, lambda n: n >= 2, "at least 2"),
        fields.take("loss", str, "all", lambda s: s in ("all", "last", "text"), '"all", "last" or "text"'),
        fields.take("gradientCheckpointing", bool, None),
    )
    fields.end()
    stage.end()
    return Stage(data, sha256, training, source)


def _sample(top: Fields, folder: Path) -> SampleJob:
    base = _model(top.take("base", dict), "base")
    fields = Fields(top.take("sampling", dict, {}), "sampling")
    sampling = Sampling(
        fields.take("temperature", float, 1.0, lambda t: 0 <= t < math.inf, "at least 0"),
        fields.take("topP", float, 1.0, lambda p: 0 < p <= 1, "above 0 and at most 1"),
        fields.take("maxTokens", int, 40, _positive, "at least 1"),
    )
    fields.end()
    contrast = top.take("contrast", dict, None)
    return SampleJob(
        base,
        _adapter(top, folder),
        folder / top.take("requests", str),
        sampling,
        _contrast(contrast, base) if contrast is not None else None,
        _batch_size(top),
    )


def _contrast(value: object, base: Model) -> Contrast:
    fields = Fields(value, "contrast")
    other = fields.take("base", dict, None)
    contrast = Contrast(
        fields.take("amplify", float, 1.0, lambda a: 0 <= a < math.inf, "at least 0"),
        fields.take("floor", float, 0.05, lambda f: 0 <= f < 1, "at least 0 and below 1"),
        _model(other, "contrast.base") if other is not None else base,
    )
    fields.end()
    return contrast


def _logprobs(top: Fields, folder: Path) -> LogprobsJob:
    base = _model(top.take("base", dict), "base")
    return LogprobsJob(base, _adapter(top, folder), folder / top.take("requests", str), _batch_size(top))


def _describe(top: Fields, folder: Path) -> DescribeJob:
    return DescribeJob(_model(top.take("base", dict), "base"), _adapter(top, folder))
