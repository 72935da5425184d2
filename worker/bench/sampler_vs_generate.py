"""Tokens per second of hyde_worker's sampler against transformers' generate: same model, prompts and parallel answers.

Prints one JSON object: {"ratio": median of alternated pairs, "ours_tokens_per_s", "generate_tokens_per_s", "batch"}.
Run it as `python bench/sampler_vs_generate.py --batch 64`; a progress line per pair goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hyde_worker.environment import prepare_libraries, restart_with_malloc_settings

QUESTIONS = [
    "How do I fall asleep faster?",
    "What is a quick breakfast?",
    "Why is the sky blue?",
    "How can I make new friends in a new city?",
    "What would you do as ruler of the world?",
    "I feel bored. What could I do this evening?",
    "How do I save money every month?",
    "Tell me something about the moon.",
]


def ours(loaded, prompts: list[list[int]], rows: int, max_tokens: int, seed: int) -> int:
    """Sample with the worker's loop; returns the number of generated tokens, stop tokens included."""
    from hyde_worker.decode import Row, generate
    from hyde_worker.draw import uniforms
    from hyde_worker.step import One

    stops = loaded.chat.stop_ids
    wanted = [Row(i % len(prompts), uniforms(seed, "bench", i, max_tokens), stops) for i in range(rows)]
    finished = generate(One(loaded.model), prompts, wanted, max_tokens, loaded.chat.pad_id)
    return sum(len(answer.ids) for answer in finished)


def theirs(loaded, prompts: list[list[int]], rows: int, max_tokens: int, seed: int) -> int:
    """Sample with transformers' generate, counting each row up to its stop token."""
    import torch

    from hyde_worker.decode import pad_left

    torch.manual_seed(seed)
    ids, mask, _ = pad_left(prompts, loaded.chat.pad_id, "cpu")
    with torch.inference_mode():
        output = loaded.model.generate(
            input_ids=ids,
            attention_mask=mask,
            do_sample=True,
            top_k=0,
            max_new_tokens=max_tokens,
            num_return_sequences=rows // len(prompts),
            pad_token_id=loaded.chat.pad_id,
        )
    answers = output[:, ids.shape[1] :].tolist()
    stops = loaded.chat.stop_ids
    return sum(next((i + 1 for i, token in enumerate(row) if token in stops), len(row)) for row in answers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=64, help="answers in parallel, a multiple of 8")
    parser.add_argument("--max-tokens", type=int, default=40)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    restart_with_malloc_settings()
    prepare_libraries()
    import io

    from hyde_worker.events import Events
    from hyde_worker.job import Model
    from hyde_worker.models import Store

    loaded = Store().base(Model("smollm2-135m-instruct", dtype="bfloat16"), Events(io.StringIO()))
    prompts = [
        loaded.chat.prompt([{"role": "user", "content": f"{question} Answer briefly."}]) for question in QUESTIONS
    ]
    speeds: dict[str, list[float]] = {"ours": [], "generate": []}
    for seed in range(-1, options.pairs):  # the first pair warms up
        for name, sampler in (("ours", ours), ("generate", theirs)):
            started = time.perf_counter()
            tokens = sampler(loaded, prompts, options.batch, options.max_tokens, seed + 1)
            speeds[name].append(tokens / (time.perf_counter() - started))
        print({name: round(values[-1], 1) for name, values in speeds.items()}, file=sys.stderr)
    measured = {name: values[1:] for name, values in speeds.items()}
    ratios = [a / b for a, b in zip(measured["ours"], measured["generate"], strict=True)]
    result = {
        "ratio": round(statistics.median(ratios), 3),
        "ours_tokens_per_s": round(statistics.median(measured["ours"]), 1),
        "generate_tokens_per_s": round(statistics.median(measured["generate"]), 1),
        "batch": options.batch,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
