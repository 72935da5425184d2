"""Loading base models and merged adapters; a long-lived process keeps one of each."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import embedded
from .environment import set_offline
from .errors import JobError
from .events import Events
from .files import sha256_file
from .job import Model
from .service import Service

if TYPE_CHECKING:
    from .chat import Chat

ADAPTER_WEIGHTS = "adapter_model.safetensors"
HUB_FILES = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt"]


@dataclass
class Loaded:
    """A model ready for use. folder: its local files. dtype: "float32" or "bfloat16". device: "cpu" or "cuda"."""

    model: object
    chat: Chat
    folder: Path
    device: str
    dtype: str

    @property
    def context(self) -> int:
        """Most tokens that the model's positions allow."""
        limit = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        return limit if isinstance(limit, int) and limit > 0 else 2**31

    def described(self) -> dict:
        """The fields every result has about where it was computed."""
        import torch

        return {"device": self.device, "dtype": self.dtype, "threads": torch.get_num_threads()}


class Store:
    """Keeps the last base model and the last merged model, so that the next job need not load them again."""

    def __init__(self) -> None:
        self._base: tuple[object, Loaded] | None = None
        self._merged: tuple[object, Loaded] | None = None
        self._other: tuple[object, Loaded] | None = None
        self.service = Service()

    def base(self, spec: Model, events: Events) -> Loaded:
        """The base model in evaluation mode. Raises JobError `missing-model` or `missing-package`."""
        if self._base is None or self._base[0] != spec:
            self.forget()
            events.progress("load", 0, 1, "steps")
            self._base = (spec, _load(spec))
            events.progress("load", 1, 1, "steps")
        return self._base[1]

    def with_adapter(self, spec: Model, adapter: Path | None, events: Events) -> Loaded:
        """The base model, or a copy of it with the adapter merged into its weights."""
        base = self.base(spec, events)
        if adapter is None:
            return base
        key = (spec, adapter_sha256(adapter))
        if self._merged is None or self._merged[0] != key:
            self._merged = None
            self._merged = (key, _merge(base, adapter))
        return self._merged[1]

    def beside(self, spec: Model, loaded: Loaded, events: Events) -> Loaded:
        """A model to compare `loaded` with, which stays in memory. Raises JobError `bad-job` where their tokens differ."""
        if self._base is not None and self._base[0] == spec:
            return self._base[1]
        if self._other is None or self._other[0] != spec:
            self._other = None
            events.progress("load", 0, 1, "steps")
            self._other = (spec, _load(spec))
            events.progress("load", 1, 1, "steps")
        other = self._other[1]
        if other.chat.tokenizer.get_vocab() != loaded.chat.tokenizer.get_vocab():
            message = f"The tokens of {spec.name} are not those of the tuned model; name its own base in job.json."
            raise JobError("bad-job", message, "job.json")
        return other

    def forget(self) -> None:
        """Drop all models, for instance after a failure that may have left a base model changed."""
        self._base = self._merged = self._other = None


def adapter_sha256(adapter: Path) -> str:
    """sha256 of the adapter's weights file. Raises JobError `missing-model`."""
    weights = adapter / ADAPTER_WEIGHTS
    if not weights.is_file() or not (adapter / "adapter_config.json").is_file():
        message = f"No adapter in {adapter}; it must hold adapter_config.json and {ADAPTER_WEIGHTS}."
        raise JobError("missing-model", message, str(adapter))
    return sha256_file(weights)


def resolve(spec: Model) -> Path:
    """The model's local folder; a hub name is downloaded into the hub's cache. Raises JobError `missing-model`."""
    if spec.name == embedded.NAME:
        set_offline(True)
        return embedded.embedded_model()
    path = Path(spec.name).expanduser()
    if path.is_absolute():
        set_offline(True)
        if not (path / "config.json").is_file():
            raise JobError("missing-model", f"No config.json in {path}; name a folder that holds a model.", str(path))
        return path
    if spec.name.count("/") > 1 or spec.name.startswith("."):
        message = f"Model {spec.name!r} is neither {embedded.NAME}, an absolute path nor a hub name; correct its name."
        raise JobError("missing-model", message)
    set_offline(False)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(spec.name, revision=spec.revision, allow_patterns=HUB_FILES))
    except Exception as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        message = f"Model {spec.name} cannot be fetched ({reason}); check its name, the network and your access."
        raise JobError("missing-model", message, retryable=True) from error


def choose_dtype(wanted: str, device: str) -> str:
    """bfloat16 where the hardware multiplies it natively, else float32."""
    import torch

    if wanted != "auto":
        return wanted
    if device == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    # Without these instructions bfloat16 products are emulated and slower than float32.
    probes = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return "bfloat16" if any(probe and probe() for probe in probes) else "float32"


def _load(spec: Model) -> Loaded:
    import torch

    folder = resolve(spec)
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from .chat import Chat

    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = choose_dtype(spec.dtype, device)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, dtype), local_files_only=True, **quantized(spec, dtype, device)
        )
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        if getattr(error, "errno", None) is not None:
            # The file system said it, and not the library: a network share, or a working folder that is gone.
            message = f"Model {spec.name} cannot be read ({reason})."
            raise JobError("missing-model", message, str(folder), retryable=True) from error
        message = f"Model {spec.name} cannot be loaded ({reason}); it must be a causal language model with a tokenizer."
        raise JobError("missing-model", message, str(folder)) from error
    if not spec.bits:
        model.to(device)
    model.eval().requires_grad_(False)
    return Loaded(model, Chat(tokenizer, model.generation_config.eos_token_id), folder, device, dtype)


def quantized(spec: Model, dtype: str, device: str) -> dict:
    """Arguments that hold a model in four bits (NF4 with double quantisation: Dettmers et al. 2023, QLoRA)."""
    if not spec.bits:
        return {}
    import importlib.util

    if importlib.util.find_spec("bitsandbytes") is None:
        message = "Training on four bits needs the Python package bitsandbytes; install it, or leave bits out."
        raise JobError("missing-package", message)
    import torch
    from transformers import BitsAndBytesConfig

    config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=getattr(torch, dtype),
    )
    return {"quantization_config": config, "device_map": {"": device}}


def _merge(base: Loaded, adapter: Path) -> Loaded:
    import torch
    from peft import PeftModel
    from peft.tuners.lora import LoraLayer

    try:
        tuned = PeftModel.from_pretrained(copy.deepcopy(base.model), str(adapter), local_files_only=True)
    except (ValueError, RuntimeError, KeyError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise JobError("missing-model", f"Adapter {adapter} does not fit the base model ({reason}).") from error
    layers = [module for module in tuned.modules() if isinstance(module, LoraLayer)]
    config = tuned.peft_config["default"]
    if config.use_dora or config.modules_to_save or config.bias != "none" or not layers:
        model = tuned.float().merge_and_unload().to(getattr(torch, base.dtype))
    else:
        # The sum is rounded to the base's dtype once; adding a rounded product in bfloat16 would lose small updates.
        with torch.no_grad():
            for layer in layers:
                weight = layer.get_base_layer().weight
                weight.copy_(weight.float() + layer.get_delta_weight("default").float())
        model = tuned.unload()
    return Loaded(model.eval().requires_grad_(False), base.chat, base.folder, base.device, base.dtype)
