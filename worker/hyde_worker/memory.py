"""How many answers fit into memory at once."""

from __future__ import annotations

import os
from pathlib import Path

# Measured with the embedded model on 2 cores: 64, 96, 256 and 384 answers in parallel give 870, 1040, 1440 and 1620
# tokens a second. Past 256 the gain is small and the first answers come late.
MOST = 256
# Prompt tokens, padding included, that are computed at once before the first answer token.
MOST_PROMPT_TOKENS = 65_536
# Weights, activations and other processes need the rest.
SHARE = 0.25


def sampling_batch(loaded, positions: int) -> int:
    """Answers to generate at once. positions: prompt and answer tokens of the longest.

    Depends on the machine's total memory, not on what is free, so that equal jobs are cut into equal batches.
    """
    row = positions * position_bytes(loaded.model) + 16 * vocabulary(loaded.model)
    fitting = int(SHARE * total_memory(loaded.device) / row)
    return max(1, min(MOST, MOST_PROMPT_TOKENS // positions, fitting))


def position_bytes(model) -> int:
    """Bytes of keys and values for one position of one answer; an upper bound for unusual architectures."""
    config = model.config.get_text_config()
    heads = getattr(config, "num_attention_heads", None)
    if not heads:
        return 0  # no attention: a state of fixed size
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    shared = getattr(config, "num_key_value_heads", None) or heads
    return 2 * config.num_hidden_layers * shared * size * model.dtype.itemsize


def vocabulary(model) -> int:
    """Number of logits per position."""
    return model.config.get_text_config().vocab_size


def total_memory(device: str) -> int:
    """Bytes of the device's memory; on the CPU no more than the control group allows."""
    if device == "cuda":
        import torch

        return torch.cuda.get_device_properties(0).total_memory
    try:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on this system
        physical = 8 * 2**30
    try:
        return min(physical, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no such file, or "max"
        return physical
