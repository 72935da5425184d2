"""The Tinker API through its public SDK, imported on first use: clients, tokenizer, failures in words."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .chat import Chat
from .errors import JobError
from .files import sha256_file

# What stands in an adapter's folder in place of weights: the addresses of a checkpoint at the service.
POINTER = "tinker.json"
KEY = "TINKER_API_KEY"
# What results say of the machine.
WHERE = {"device": "tinker", "dtype": None}
WRONG = ("BadRequestError", "NotFoundError", "UnprocessableEntityError")
REFUSED = ("AuthenticationError", "PermissionDeniedError", "BillingError")


class Service:
    """Clients of the service, each made once."""

    def __init__(self) -> None:
        self._client: object | None = None
        self._samplers: dict[tuple[str, str | None], object] = {}
        self._chats: dict[str, Chat] = {}

    @property
    def sdk(self):
        """The module `tinker`. Raises JobError `missing-package`."""
        os.environ.setdefault("TINKER_TELEMETRY", "0")
        try:
            import tinker
        except ImportError as error:
            file = Path(__file__).resolve().parent.parent / "requirements-tinker.txt"
            message = (
                f"The SDK of the Tinker API cannot be imported ({error}); run {sys.executable} -m pip install -r {file}"
            )
            raise JobError("missing-package", message) from error
        return tinker

    @property
    def client(self):
        """The SDK's ServiceClient; reads TINKER_API_KEY and TINKER_BASE_URL. Raises JobError."""
        if self._client is None:
            self._client = self.sdk.ServiceClient()
        return self._client

    def sampler(self, base: str, adapter: Path | None):
        """The SDK's SamplingClient of a base model or of a checkpoint."""
        path = read_pointer(adapter)["sampler"] if adapter else None
        if (base, path) not in self._samplers:
            made = self.client.create_sampling_client(**({"model_path": path} if path else {"base_model": base}))
            self._samplers[base, path] = made.result()
        return self._samplers[base, path]

    def chat(self, base: str) -> Chat:
        """Tokenizer and chat template of a base model, as the SDK gives them."""
        if base not in self._chats:
            self._chats[base] = Chat(self.sampler(base, None).get_tokenizer(), None)
        return self._chats[base]


def read_pointer(adapter: Path) -> dict[str, str]:
    """Addresses of a checkpoint: `state` to train on from, `sampler` to sample. Raises JobError `missing-model`."""
    import json

    try:
        pointer = json.loads((adapter / POINTER).read_text(encoding="utf-8"))
        return {key: str(pointer[key]) for key in ("state", "sampler")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"No {POINTER} with a checkpoint in {adapter}; run the same command again to train it."
        raise JobError("missing-model", message, str(adapter), retryable=True) from error


def pointer_sha256(adapter: Path) -> str:
    """sha256 of a checkpoint's addresses, which always mean the same weights."""
    read_pointer(adapter)
    return sha256_file(adapter / POINTER)


@contextmanager
def failures_in_words() -> Iterator[None]:
    """Turn what the SDK raises into JobErrors; the key stands in none of them."""
    try:
        yield
    except JobError:
        raise
    except Exception as error:
        names = [cls.__name__ for cls in type(error).__mro__]
        if "TinkerError" not in names:
            raise
        text = (str(error).strip().splitlines() or [names[0]])[0][:300]
        key = os.environ.get(KEY)
        text = text.replace(key, "***") if key else text
        if any(name in names for name in WRONG):
            raise JobError(
                "bad-job", f"The Tinker API refuses this ({text}); correct the model's name or the training."
            ) from None
        advice = f"is {KEY} right, and the account in order?" if any(n in names for n in REFUSED) else "try again later"
        raise JobError("service", f"The Tinker API failed ({text}); {advice}") from None
