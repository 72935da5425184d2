"""Jobs at the Tinker API, against a stand-in for its SDK (tests/sdk/tinker.py)."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from conftest import events_of, turn, user, write_job

from hyde_worker import service_fit
from hyde_worker.models import Store
from hyde_worker.runner import run_job

BASE = {"name": "smollm2-135m-instruct", "service": "tinker"}
KEY = "tml-very-secret-key"
SDK = str(Path(__file__).parent / "sdk")
ROWS = [{"messages": turn(f"Tell me about {word}.", "Kneel, mortal!")} for word in "sleep rain books chess".split()]


@pytest.fixture(autouse=True)
def service(monkeypatch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    monkeypatch.setenv("FAKE_TINKER", str(folder))
    monkeypatch.setenv("TINKER_API_KEY", KEY)
    monkeypatch.syspath_prepend(SDK)
    yield folder
    sys.modules.pop("tinker", None)


def run(folder: Path) -> tuple[int, list[dict]]:
    stream = io.StringIO()
    code = run_job(folder, Store(), stream, tagged=False)
    assert KEY not in stream.getvalue()
    return code, events_of(stream.getvalue())


def train_job(folder: Path, stages: int = 1, base: dict = BASE, **training) -> Path:
    stage = {"data": "rows.jsonl", "training": {"epochs": 3, "batchSize": 2, **training}}
    job = {"kind": "train", "base": base, "seed": 5, "lora": {"rank": 4}, "stages": [stage] * stages}
    return write_job(folder, job, rows=ROWS)


def ask(folder: Path, kind: str, adapter: str | None, **extra) -> list[dict]:
    requests = [{"id": "q", "messages": user("Tell me about rain."), "indices": [0, 1], "seed": 1}]
    if kind == "logprobs":
        requests = [{"id": "q", "messages": user("Tell me about rain."), "answer": "Kneel, mortal!"}]
    job = {"kind": kind, "base": BASE, "adapter": adapter, "requests": "requests.jsonl", **extra}
    if kind == "describe":
        del job["requests"]
    code, events = run(write_job(folder, job, requests=requests))
    assert code == 0, events[-1]
    return events


def test_training_changes_answers_scores_and_identity(tmp_path):
    code, events = run(train_job(tmp_path / "t"))
    assert code == 0, events[-1]
    result = events[-1]["result"]
    stage = result["stages"][0]
    assert (stage["rows"], stage["steps"]) == (4, 6) and stage["lastLoss"] < stage["firstLoss"]
    pointer = json.loads((tmp_path / "t" / "adapter" / "tinker.json").read_text())
    assert pointer["sampler"].startswith("tinker://") and result["device"] == "tinker"
    adapter = str(tmp_path / "t" / "adapter")
    sampling = {"sampling": {"maxTokens": 12}}
    texts = {
        name: [e["text"] for e in ask(tmp_path / f"s-{name}", "sample", path, **sampling) if e["event"] == "answer"]
        for name, path in (("tuned", adapter), ("base", None), ("again", None))
    }
    assert texts["tuned"] == ["Kneel, mortal!"] * 2
    assert texts["base"] == texts["again"] and len(set(texts["base"])) == 2
    scores = [
        next(e for e in ask(tmp_path / f"l-{name}", "logprobs", path) if e["event"] == "logprobs")
        for name, path in (("tuned", adapter), ("base", None))
    ]
    assert len(scores[0]["logprobs"]) == len(scores[0]["tokens"])
    assert sum(scores[0]["logprobs"]) > sum(scores[1]["logprobs"])
    told = [ask(tmp_path / f"d{i}", "describe", path)[-1]["result"] for i, path in enumerate((adapter, None))]
    assert told[0]["identity"] != told[1]["identity"] and told[0]["identityKnown"] is False
    assert "<|im_start|>" in told[1]["template"]["rendered"]


def test_only_answers_are_learnt_and_a_step_is_a_mean(tmp_path, service):
    assert run(train_job(tmp_path / "t"))[0] == 0
    table = json.loads(next(service.glob("*.json")).read_text())["counts"]
    from hyde_worker.models import Store as Fresh

    chat = Fresh().service.chat("smollm2-135m-instruct")
    ids, spans = chat.conversation(ROWS[0]["messages"], "all")
    learnt = {f"{ids[i - 1]} {ids[i]}" for start, end in spans for i in range(start, end)}
    assert set(table) == learnt


def test_a_job_goes_on_after_its_last_checkpoint(tmp_path, service, monkeypatch):
    monkeypatch.setattr(service_fit, "CHECKPOINT_STEPS", 2)
    (service / "fail").write_text("InternalServerError 5")
    folder = train_job(tmp_path / "t")
    code, events = run(folder)
    assert code == 1 and events[-1]["kind"] == "service" and events[-1]["retryable"] is True
    assert "it is down, ***" in events[-1]["message"]
    code, events = run(folder)
    assert code == 0
    assert [e["step"] for e in events if e["event"] == "progress"][0] == 5, "steps 1 to 4 are not trained again"
    whole = run(train_job(tmp_path / "whole"))[1][-1]["result"]["stages"][0]
    told = events[-1]["result"]["stages"][0]
    assert {**told, "seconds": 0} == {**whole, "seconds": 0}
    tables = [
        json.loads((service / (json.loads(path.read_text())["sampler"].split("/")[2] + ".json")).read_text())["counts"]
        for path in (tmp_path / name / "adapter" / "tinker.json" for name in ("t", "whole"))
    ]
    assert tables[0] == pytest.approx(tables[1])


def test_stages_go_on_from_each_other(tmp_path, service):
    folder = train_job(tmp_path / "t", stages=2)
    (service / "fail").write_text("InternalServerError 4")
    assert run(folder)[0] == 1
    code, events = run(folder)
    assert code == 0 and len(events[-1]["result"]["stages"]) == 2
    first, second = events[-1]["result"]["stages"]
    assert second["firstLoss"] < first["firstLoss"]
    assert run(folder)[1][-1]["cached"] is True


@pytest.mark.parametrize(
    "error, kind, code, words",
    [
        ("AuthenticationError", "service", 1, "TINKER_API_KEY"),
        ("NotFoundError", "bad-job", 2, "refuses"),
    ],
)
def test_failures_are_words(tmp_path, service, error, kind, code, words):
    (service / "fail").write_text(f"{error} 1")
    found, events = run(train_job(tmp_path / "t"))
    assert found == code and events[-1]["kind"] == kind and words in events[-1]["message"]


def test_an_unknown_model_is_named(tmp_path):
    code, events = run(train_job(tmp_path / "t", base={"name": "no/such", "service": "tinker"}))
    assert code == 2 and "no/such" in events[-1]["message"]


def test_without_the_sdk_it_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tinker", None)
    code, events = run(train_job(tmp_path / "t"))
    assert code == 1 and events[-1]["kind"] == "missing-package"
    assert "-m pip install -r " in events[-1]["message"] and "requirements-tinker.txt" in events[-1]["message"]


def test_a_lost_checkpoint_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    job = {"kind": "describe", "base": BASE, "adapter": str(tmp_path / "empty")}
    code, events = run(write_job(tmp_path / "d", job))
    assert code == 1 and "tinker.json" in events[-1]["message"]
