"""The worker as a process: exit codes, clean stdout, serve mode, signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import EMBEDDED, WORKER, events_of, run_process, turn, user, write_job

GOOD = {"messages": turn("Hi", "Hello.")}
TRAIN = {"kind": "train", "base": EMBEDDED, "seed": 0, "stages": [{"data": "rows.jsonl", "training": {"epochs": 1}}]}
REQUEST = {"id": "q", "messages": user("Hi"), "indices": [0], "seed": 1}
SAMPLE = {
    "kind": "sample",
    "base": EMBEDDED,
    "adapter": None,
    "requests": "requests.jsonl",
    "sampling": {"maxTokens": 3},
}


def with_base(name):
    return {**TRAIN, "base": {"name": name}}


BAD = [
    ("missing data", TRAIN, {}, "bad-data", 2, None),
    ("broken row", TRAIN, {"rows": [GOOD, GOOD, '{"messages": [']}, "bad-data", 2, 3),
    ("row that is no object", TRAIN, {"rows": [GOOD, "[1]"]}, "bad-data", 2, 2),
    ("no rows", TRAIN, {"rows": []}, "bad-data", 2, None),
    ("no assistant turn", TRAIN, {"rows": [GOOD, {"messages": user("Hi")}]}, "bad-data", 2, 2),
    ("strange role", TRAIN, {"rows": [{"messages": [{"role": "x", "content": "y"}]}]}, "bad-data", 2, 1),
    ("model folder that is not there", with_base("/no/such/model"), {"rows": [GOOD]}, "missing-model", 1, None),
    ("unknown model", with_base("what/is/this"), {"rows": [GOOD]}, "missing-model", 1, None),
    ("unknown kind", {"kind": "dance"}, {}, "bad-job", 2, None),
    ("unknown field", {**TRAIN, "sed": 1}, {"rows": [GOOD]}, "bad-job", 2, None),
    ("wrong type", {**TRAIN, "seed": "1"}, {"rows": [GOOD]}, "bad-job", 2, None),
    ("missing adapter", {**SAMPLE, "adapter": "nowhere"}, {"requests": [REQUEST]}, "missing-model", 1, None),
]


@pytest.mark.parametrize("job, files, kind, code, line", [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_jobs(run, tmp_path, job, files, kind, code, line):
    found, events = run(write_job(tmp_path, job, **files))
    assert [e["event"] for e in events if e["event"] not in ("progress", "heartbeat")] == ["start", "error"]
    error = events[-1]
    assert (error["kind"], found, error.get("line")) == (kind, code, line)
    assert error["message"].endswith(".") and "\n" not in error["message"]


def test_a_bad_job_in_a_process_prints_events_only(tmp_path):
    done = run_process(write_job(tmp_path, TRAIN, rows=[GOOD, "{"]))
    assert done.returncode == 2
    events = events_of(done.stdout)
    assert events[-1]["event"] == "error" and events[-1]["line"] == 2
    assert "Traceback" not in done.stdout
    assert events_of((tmp_path / "events.jsonl").read_text()) == events


def test_a_folder_without_job(tmp_path):
    done = run_process(tmp_path / "nowhere")
    assert done.returncode == 2 and events_of(done.stdout)[-1]["kind"] == "bad-job"


def test_unexpected_failures_keep_the_traceback_on_stderr(run, tmp_path, monkeypatch, capfd):
    from hyde_worker import runner
    from hyde_worker.job import DescribeJob

    def fail(*_):
        raise RuntimeError("boom")

    monkeypatch.setitem(runner.RUN, DescribeJob, fail)
    code, events = run(write_job(tmp_path, {"kind": "describe", "base": EMBEDDED}))
    assert code == 1 and events[-1]["kind"] == "internal" and "boom" in events[-1]["message"]
    assert "Traceback" in capfd.readouterr().err


def test_a_file_system_that_fails_is_worth_another_attempt(monkeypatch):
    import errno

    from transformers import AutoTokenizer

    from hyde_worker.errors import JobError
    from hyde_worker.job import Model
    from hyde_worker.models import _load

    def stale(*_, **__):
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(AutoTokenizer, "from_pretrained", stale)
    with pytest.raises(JobError, match="cannot be read .*Stale file handle") as error:
        _load(Model(**EMBEDDED))
    assert error.value.retryable


def test_a_hub_model_that_is_not_here(tmp_path):
    folder = write_job(tmp_path, with_base("some-owner/some-model"), rows=[GOOD])
    done = run_process(folder, env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)})
    assert done.returncode == 1
    assert events_of(done.stdout)[-1]["kind"] == "missing-model"


def test_serve_runs_jobs_and_ends_at_the_end_of_input(tmp_path):
    folders = [write_job(tmp_path / name, SAMPLE, requests=[REQUEST]) for name in ("one", "two")]
    lines = [json.dumps({"job": str(folder)}) for folder in folders]
    done = subprocess.run(
        [sys.executable, "-m", "hyde_worker", "serve"],
        cwd=WORKER,
        input="\n".join([lines[0], "nonsense", lines[1], lines[0]]) + "\n",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    events = events_of(done.stdout)
    assert all("job" in event for event in events)
    ended = [(e["job"], e["event"], e.get("cached")) for e in events if e["event"] in ("done", "error")]
    one, two = map(str, folders)
    assert ended == [(one, "done", None), (None, "error", None), (two, "done", None), (one, "done", True)]
    loads = [e for e in events if e["event"] == "progress" and e["phase"] == "load"]
    assert {e["job"] for e in loads} == {one}, "the second job uses the loaded model"
    assert (tmp_path / "one" / "answers.jsonl").read_bytes() == (tmp_path / "two" / "answers.jsonl").read_bytes()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_the_worker_promptly(number):
    process = subprocess.Popen(
        [sys.executable, "-m", "hyde_worker", "serve"], cwd=WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    # The handler is in place once the allocator settings are and the process waits for input.
    status = f"/proc/{process.pid}/status"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        caught = next((line for line in open(status) if line.startswith("SigCgt")), "SigCgt: 0")
        if int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1:
            break
        time.sleep(0.02)
    started = time.monotonic()
    process.send_signal(number)
    assert process.wait(timeout=5) == 130
    assert time.monotonic() - started < 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the allocator is glibc's")
@pytest.mark.parametrize("guard", [True, False])
def test_the_allocator_settings_are_taken_once(guard):
    names = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "HYDE_WORKER_RESTARTED")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    if guard:
        environment["HYDE_WORKER_RESTARTED"] = "1"
    code = (
        "import os; from hyde_worker.environment import restart_with_malloc_settings as r; r();"
        "print(os.environ.get('MALLOC_MMAP_THRESHOLD_'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=WORKER, env=environment, capture_output=True, text=True, timeout=20
    )
    assert done.stdout.strip() == ("None" if guard else "4294967296")


def test_help_needs_no_heavy_imports():
    code = "import sys, hyde_worker.__main__, hyde_worker.runner; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=WORKER, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
