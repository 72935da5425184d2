"""One job folder from job.json to result.json: the whole story of a run."""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

from . import __version__, describe, logprobs, sample, service_ask, service_train, train
from .environment import versions
from .errors import JobError, from_exception
from .events import Events
from .files import remove_leftovers, write_json
from .job import DescribeJob, LogprobsJob, SampleJob, TrainJob, parse, read_source
from .models import Store
from .team import team

RUN = {TrainJob: train.run, SampleJob: sample.run, LogprobsJob: logprobs.run, DescribeJob: describe.run}
AT_SERVICE = {
    TrainJob: service_train.run,
    SampleJob: service_ask.run_sample,
    LogprobsJob: service_ask.run_logprobs,
    DescribeJob: service_ask.run_describe,
}


def run_job(folder: Path, store: Store, stream, tagged: bool) -> int:
    """Run one job folder and return its exit code; failures become `error` events.

    stream: where event lines go. tagged: name the job in each line.
    """
    crew = team()
    if not crew.writes:
        return follow(folder, store)
    tag = str(folder) if tagged else None
    if not folder.is_dir():
        error = JobError("bad-job", f"{folder} is not a folder; name a folder that holds job.json.", str(folder))
        Events(stream, None, tag).emit("error", **error.fields())
        return error.exit_code
    with Events(stream, folder, tag) as events:
        try:
            source, key = read_source(folder)
            events.emit("start", kind=source.get("kind"), jobSha256=key, worker=__version__)
            result = finished_result(folder, key)
            if result is not None:
                events.emit("done", cached=True, result=result)
                return 0
            remove_leftovers(folder)
            job = parse(source, folder)
            if job.base.service:
                fields = AT_SERVICE[type(job)](job, folder, store.service, events)
            else:
                fields = RUN[type(job)](job, folder, store, events)
            result = {**fields, "versions": versions(), "jobSha256": key}
            write_json(folder / "result.json", result)
            events.emit("done", result=result)
            return 0
        except Exception as exception:
            error = from_exception(exception)
            if not isinstance(exception, JobError):
                traceback.print_exc(file=sys.stderr)
                store.forget()
            events.emit("error", **error.fields())
            return error.exit_code


def follow(folder: Path, store: Store) -> int:
    """What another process than the first does: its share of a training job, and of other kinds nothing."""
    try:
        source, key = read_source(folder)
        job = parse(source, folder)
        if isinstance(job, TrainJob) and not job.base.service and finished_result(folder, key) is None:
            with open(os.devnull, "w") as nowhere, Events(nowhere) as events:
                train.run(job, folder, store, events)
        return 0
    except Exception as exception:
        traceback.print_exc(file=sys.stderr)
        return from_exception(exception).exit_code


def finished_result(folder: Path, key: str) -> dict | None:
    """The result of an earlier run of this same job, if there is one."""
    try:
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) and result.get("jobSha256") == key else None


def serve(lines, stream) -> int:
    """Run the jobs that `lines` name, one {"job": "/abs/folder"} each, until the lines end; always returns 0."""
    store = Store()
    for line in lines:
        if not line.strip():
            continue
        try:
            folder = json.loads(line)["job"]
            if not isinstance(folder, str) or not Path(folder).is_absolute():
                raise TypeError
        except (ValueError, KeyError, TypeError):
            message = 'A line on stdin must be {"job": "/absolute/folder"}; this one was skipped.'
            Events(stream).emit("error", **JobError("bad-job", message).fields(), job=None)
            continue
        run_job(Path(folder), store, stream, tagged=True)
    return 0
