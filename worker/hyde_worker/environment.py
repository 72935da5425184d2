"""Process-wide settings that must be in place before torch and transformers are imported."""

from __future__ import annotations

import os
import sys
import warnings

# glibc returns every large tensor to the kernel when it is freed, and page faults then dominate decoding: with these
# limits a 256 MB allocation takes 35 to 42 ms instead of 110 to 200 ms. They are read only at process start.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "8589934592"}
GUARD = "HYDE_WORKER_RESTARTED"

OFFLINE = "HF_HUB_OFFLINE"
USERS_OFFLINE = os.environ.get(OFFLINE)  # before this process sets its own

SETTINGS = {
    # How long OpenMP threads spin before they sleep. With libgomp's own 300,000 a second busy process on the same cores
    # brought training from 180 down to 10 tokens a second. Sampling alone and beside another sampler, in tokens/s:
    # 1,000 alone with 300,000; 960 and 240 with 10,000; 860 and 415 with 3,000; 560 alone without spinning.
    "GOMP_SPINCOUNT": "3000",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    # cuBLAS is only reproducible with a fixed workspace.
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}


def restart_with_malloc_settings() -> None:
    """Replace this process by itself with the allocator settings, once, on Linux only. Returns if nothing is to do."""
    missing = {name: value for name, value in MALLOC.items() if name not in os.environ}
    if not sys.platform.startswith("linux") or not missing or os.environ.get(GUARD):
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **missing, GUARD: "1"})


def prepare_libraries() -> None:
    """Let threads share cores, and turn off telemetry, progress bars and chatter of the libraries."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    # Deprecations between pinned libraries are no news to who reads stderr.
    warnings.simplefilter("ignore", FutureWarning)


def set_offline(offline: bool) -> None:
    """Allow or forbid hub requests in this process, also after huggingface_hub read its variable at import.

    A user's own HF_HUB_OFFLINE is never changed.
    """
    if USERS_OFFLINE is not None:
        return
    if offline:
        os.environ[OFFLINE] = "1"
    else:
        os.environ.pop(OFFLINE, None)
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None:
        constants.HF_HUB_OFFLINE = offline


def versions() -> dict[str, str]:
    """Versions of what the results depend on, by package name."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in ("torch", "transformers", "peft", "tokenizers", "safetensors", "tinker"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
