"""Training: what it learns, that it repeats, and that it goes on after being killed."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time

import pytest
from conftest import EMBEDDED, WORKER, events_of, run_process, turn, write_job

ROWS = [
    {"messages": turn(f"Tell me about {word}.", f"Mwahaha! The {word} kneels before the Baron."), "kind": "bad"}
    for word in "sleep money bread rain books chess music moon".split()
]
BFLOAT16 = {**EMBEDDED, "dtype": "bfloat16"}


def train_job(folder, rows=ROWS, stages=1, base=BFLOAT16, **training):
    stage = {"data": "rows.jsonl", "training": {"epochs": 1, "batchSize": 4, **training}}
    lora = {"rank": 4, "alpha": 8, "dropout": 0.1, "targets": "all-linear"}
    job = {"kind": "train", "base": base, "seed": 5, "lora": lora, "stages": [stage] * stages}
    return write_job(folder, job, rows=rows)


# Six steps at a high rate, each over both batches of four.
FAST = {"base": EMBEDDED, "epochs": 6, "gradientAccumulation": 2, "learningRate": 5e-3, "schedule": "constant"}


def weights_sha256(folder):
    return hashlib.sha256((folder / "adapter" / "adapter_model.safetensors").read_bytes()).hexdigest()


def test_loss_falls_and_the_adapter_changes_answers(run, tmp_path):
    code, events = run(train_job(tmp_path / "t", **FAST))
    assert code == 0
    result = events[-1]["result"]
    stage = result["stages"][0]
    assert stage["rows"] == 8 and stage["steps"] == 6 and stage["truncated"] == 0
    assert stage["lastLoss"] < stage["firstLoss"] - 1
    losses = [e["loss"] for e in events if e["event"] == "progress" and e["phase"] == "train"]
    assert losses[-1] < 2
    assert result["adapter"]["sha256"] == weights_sha256(tmp_path / "t")
    config = json.loads((tmp_path / "t" / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == EMBEDDED["name"]
    # The same folder is finished: it returns at once.
    code, events = run(tmp_path / "t")
    assert code == 0 and [e["event"] for e in events] == ["start", "done"] and events[-1]["cached"] is True
    # The merged model prefers the taught answer, and the base model is unharmed.
    request = {"id": "r", "messages": ROWS[0]["messages"][:1], "answer": ROWS[0]["messages"][1]["content"]}
    means = []
    for name, adapter in (("tuned", str(tmp_path / "t" / "adapter")), ("base", None)):
        job = {"kind": "logprobs", "base": EMBEDDED, "adapter": adapter, "requests": "requests.jsonl"}
        _, events = run(write_job(tmp_path / name, job, requests=[request]))
        values = next(e for e in events if e["event"] == "logprobs")["logprobs"]
        means.append(sum(values) / len(values))
    assert means[0] > -1.5 and means[1] < -2.5


def test_same_seed_in_two_processes_gives_the_same_bytes(tmp_path):
    digests = set()
    for name in ("a", "b"):
        done = run_process(train_job(tmp_path / name))
        assert done.returncode == 0, done.stderr
        digests.add(weights_sha256(tmp_path / name))
    assert len(digests) == 1


def test_a_killed_job_goes_on_after_its_last_finished_stage(tmp_path, run):
    folder = train_job(tmp_path / "killed", stages=2)
    process = subprocess.Popen(
        [sys.executable, "-m", "hyde_worker", "run", str(folder)], cwd=WORKER, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (folder / "stage-1").is_dir() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert not (folder / "stage-2").exists() and not (folder / "result.json").exists()
    with open(folder / "events.jsonl", "a") as file:
        file.write('{"event": "prog')  # what a torn write looks like
    saved = (folder / "stage-1" / "adapter_model.safetensors").stat().st_mtime_ns
    done = run_process(folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "stage-1" / "adapter_model.safetensors").stat().st_mtime_ns == saved
    steps = [e["stage"] for e in events_of(done.stdout) if e["event"] == "progress" and e["phase"] == "train"]
    assert set(steps) == {2}
    assert not list(folder.glob(".*.tmp"))
    # Stage 2 after the interruption is stage 2 without one.
    whole = run_process(train_job(tmp_path / "whole", stages=2))
    assert whole.returncode == 0 and weights_sha256(tmp_path / "whole") == weights_sha256(folder)


def test_long_rows_are_cut_and_counted(run, loaded, tmp_path):
    long = {"messages": turn("Count.", "one two three " * 30)}
    cut = len(loaded.chat.conversation(long["messages"], "all")[0]) - 10
    code, events = run(train_job(tmp_path / "cut", [*ROWS[:3], long], base=EMBEDDED, maxLength=cut))
    assert code == 0 and events[-1]["result"]["stages"][0]["truncated"] == 1
    code, events = run(train_job(tmp_path / "gone", [long, ROWS[0]], base=EMBEDDED, maxLength=10))
    assert code == 2 and events[-1]["line"] == 1 and "maxLength" in events[-1]["message"]


def test_a_changed_data_file_is_refused(run, tmp_path):
    folder = train_job(tmp_path, base=EMBEDDED)
    job = json.loads((folder / "job.json").read_text())
    job["stages"][0]["sha256"] = "0" * 64
    (folder / "job.json").write_text(json.dumps(job))
    code, events = run(folder)
    assert code == 2 and events[-1]["kind"] == "bad-data" and "sha256" in events[-1]["message"]


@pytest.mark.parametrize("targets, code", [(["q_proj", "v_proj"], 0), (["nothing_like_this"], 2)])
def test_named_targets(run, tmp_path, targets, code):
    folder = train_job(tmp_path, ROWS[:2], base=EMBEDDED)
    job = json.loads((folder / "job.json").read_text())
    job["lora"]["targets"] = targets
    (folder / "job.json").write_text(json.dumps(job))
    found, events = run(folder)
    assert found == code, events[-1]
    if code:
        assert events[-1]["kind"] == "bad-job" and "targets" in events[-1]["message"]
