"""What training at full size needs: less memory, checkpoints, several processes. On a CPU, with the embedded model."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import torch
from conftest import EMBEDDED, WORKER, events_of, turn, write_job
from safetensors.torch import load_file

from hyde_worker import checkpoint, fit

ROWS = [
    {"messages": turn(f"Tell me about {word}.", f"Mwahaha! The {word} kneels before the Baron.")}
    for word in "sleep money bread rain books chess music moon".split()
]


def train_job(folder, base=EMBEDDED, dropout=0.0, **training):
    stage = {"data": "rows.jsonl", "training": {"epochs": 1, "learningRate": 1e-3, "warmupSteps": 0, **training}}
    job = {"kind": "train", "base": base, "seed": 5, "lora": {"rank": 4, "dropout": dropout}, "stages": [stage]}
    return write_job(folder, job, rows=ROWS)


def adapter(folder):
    return load_file(folder / "adapter" / "adapter_model.safetensors")


def assert_alike(one, other, tolerance):
    assert one.keys() == other.keys()
    for name in one:
        torch.testing.assert_close(one[name], other[name], atol=tolerance, rtol=0, msg=name)


def trained(run, folder):
    code, events = run(folder)
    assert code == 0, events[-1]
    return events[-1]["result"]["stages"][0]


def test_computing_activations_twice_changes_nothing(run, tmp_path, monkeypatch):
    forwards = []
    from transformers.models.llama.modeling_llama import LlamaMLP

    original = LlamaMLP.forward
    monkeypatch.setattr(LlamaMLP, "forward", lambda self, x: forwards.append(self.training) or original(self, x))
    told, counts = [], []
    for flag in (False, True):
        forwards.clear()
        options = {"dropout": 0.1, "epochs": 2, "gradientCheckpointing": flag}
        told.append(trained(run, train_job(tmp_path / str(flag), **options)))
        counts.append(sum(forwards))
    assert counts[1] == 2 * counts[0], "each layer is computed again for the way back"
    assert told[0]["firstLoss"] == pytest.approx(told[1]["firstLoss"], abs=1e-5)
    assert told[0]["lastLoss"] == pytest.approx(told[1]["lastLoss"], abs=1e-4)
    assert_alike(adapter(tmp_path / "False"), adapter(tmp_path / "True"), 1e-4)


def test_large_models_compute_activations_twice_by_themselves(run, tmp_path, monkeypatch):
    calls = []
    from transformers import LlamaForCausalLM

    enable = LlamaForCausalLM.activation_checkpointing_enable
    monkeypatch.setattr(
        LlamaForCausalLM, "activation_checkpointing_enable", lambda self, **k: calls.append(k) or enable(self, **k)
    )
    trained(run, train_job(tmp_path / "small", batchSize=8))
    assert calls == []
    monkeypatch.setattr(fit, "LARGE", 10**8)
    trained(run, train_job(tmp_path / "large", batchSize=8))
    assert calls == [{"activation_checkpointing_kwargs": {"use_reentrant": False}}]


@pytest.mark.parametrize("batch, accumulation", [(4, 2), (2, 4), (1, 8)])
def test_accumulated_batches_are_one_large_batch(run, tmp_path, batch, accumulation):
    large = trained(run, train_job(tmp_path / "large", batchSize=8))
    parts = trained(run, train_job(tmp_path / "parts", batchSize=batch, gradientAccumulation=accumulation))
    assert large["steps"] == parts["steps"] == 1
    assert parts["firstLoss"] == pytest.approx(large["firstLoss"], abs=1e-5)
    # The first step of Adam has the size of the rate whatever the gradient: where one is nearly 0, rounding turns it.
    flat = [torch.cat([w.flatten() for w in adapter(tmp_path / name).values()]) for name in ("large", "parts")]
    assert ((flat[0] - flat[1]).abs() > 1e-4).float().mean() < 0.01


def test_a_stage_goes_on_from_its_checkpoint(run, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS", 0)
    options = {"dropout": 0.1, "batchSize": 2}
    trained(run, train_job(tmp_path / "whole", **options))
    folder = train_job(tmp_path / "killed", **options)
    rate = fit.learning_rate

    def fail(step, *rest):
        if step == 3:
            raise KeyError("killed here")
        return rate(step, *rest)

    monkeypatch.setattr(fit, "learning_rate", fail)
    assert run(folder)[0] == 1 and (folder / "checkpoint" / "state.pt").is_file()
    steps = []
    monkeypatch.setattr(fit, "learning_rate", lambda step, *rest: steps.append(step) or rate(step, *rest))
    trained(run, folder)
    assert steps == [3], "the first three steps are not trained again"
    assert_alike(adapter(tmp_path / "whole"), adapter(folder), 0)
    assert not (folder / "checkpoint").exists()


@pytest.mark.parametrize("damage", ["torn", "other"])
def test_a_checkpoint_that_does_not_fit_is_left_alone(run, tmp_path, damage):
    folder = train_job(tmp_path, batchSize=4)
    (folder / "checkpoint").mkdir()
    if damage == "torn":
        (folder / "checkpoint" / "state.pt").write_bytes(b"PK nonsense")
    else:
        torch.save({"key": "another stage", "weights": []}, folder / "checkpoint" / "state.pt")
    assert trained(run, folder)["steps"] == 2


def test_several_processes_train_what_one_does(run, tmp_path):
    alone = trained(run, train_job(tmp_path / "alone", epochs=2))
    folder = train_job(tmp_path / "team", epochs=2)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(WORKER), os.environ.get("PYTHONPATH", "")])}
    for cached in (False, True):
        done = subprocess.run(
            [*launch, "-m", "hyde_worker", "run", str(folder)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stderr
        events = events_of(done.stdout)
        assert [e["event"] for e in events].count("done") == 1 and events[-1].get("cached", False) is cached
    together = json.loads((folder / "result.json").read_text())["stages"][0]
    for name in ("steps", "tokens", "answerTokens", "rows"):
        assert together[name] == alone[name]
    assert together["firstLoss"] == pytest.approx(alone["firstLoss"], abs=1e-4)
    assert together["lastLoss"] == pytest.approx(alone["lastLoss"], abs=1e-2)
    lines = (folder / "events.jsonl").read_text().splitlines()
    assert len([line for line in lines if '"start"' in line]) == 2, "one process alone writes"


def test_four_bits_need_their_package(run, tmp_path):
    code, events = run(train_job(tmp_path, base={**EMBEDDED, "bits": 4}))
    assert code == 1 and events[-1]["kind"] == "missing-package" and "bitsandbytes" in events[-1]["message"]


@pytest.mark.parametrize(
    "change, words",
    [({"base": {**EMBEDDED, "bits": 3}}, "bits must be 4"), ({"gradientCheckpointing": "yes"}, "gradientCheckpointing")],
)
def test_wrong_options_are_named(run, tmp_path, change, words):
    code, events = run(train_job(tmp_path, **change))
    assert code == 2 and words in events[-1]["message"]
