"""A server as a job: a program such as `vllm serve`, told where to listen, and ended when nobody needs it any more.

Only Python itself is needed here, so that it runs in whatever environment the server has.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from .errors import JobError
from .fields import Fields
from .files import write_json
from .job import read_source

LOOK = 0.5  # seconds between two looks at the server, and at whether it is needed
GRACE = 10.0  # seconds from the request to end until the server is killed


@dataclass(frozen=True)
class ServerJob:
    """command: words; {host} and {port} in them are filled in. bind: address to listen on; None: all of this machine's.

    port: None for a free one. lease: seconds without a change of the file `lease`, after which nobody needs the server.
    """

    command: list[str]
    bind: str | None
    port: int | None
    lease: float


def parse_server(source: dict) -> ServerJob:
    """Check job.json of kind "server". Raises `bad-job`."""
    fields = Fields(source, "")
    fields.take("kind", str)
    fields.take("meta", dict, None)
    job = ServerJob(
        fields.take("command", list, check=_words, expected="a list of words"),
        fields.take("bind", str, None),
        fields.take("port", int, None, lambda port: 0 < port < 65536, "from 1 to 65535"),
        fields.take("lease", float, 600.0, lambda seconds: seconds > 0, "above 0"),
    )
    fields.end()
    return job


def _words(command: list) -> bool:
    return bool(command) and all(isinstance(word, str) for word in command)


def is_server(folder: Path) -> bool:
    """Is this the folder of such a job? What is no job at all is not."""
    try:
        return read_source(folder)[0].get("kind") == "server"
    except JobError:
        return False


def run_server(folder: Path) -> int:
    """Run the server until it ends, a file `stop` or a signal asks for that, or its lease runs out. Returns an exit code."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    if (folder / "stop").exists():
        return 0
    try:
        job = parse_server(read_source(folder)[0])
        server, address = start(job, folder)
    except (JobError, OSError) as error:
        print(f"the server cannot be started: {error}", file=sys.stderr)
        return 2
    try:
        write_json(folder / "server.json", address)
        return watch(server, folder, job.lease, ended)
    finally:
        end(server)


def start(job: ServerJob, folder: Path) -> tuple[subprocess.Popen, dict]:
    """Start the program; the key that it shall ask for stands in its environment, which nobody else can read."""
    port = job.port or free_port(job.bind or "")
    filled = (word.replace("{host}", job.bind or "0.0.0.0").replace("{port}", str(port)) for word in job.command)
    words = [os.path.expanduser(word) for word in filled]
    key = (folder / "key").read_text(encoding="ascii").strip()
    environment = {**os.environ, "VLLM_API_KEY": key, "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True"}
    # Both of its streams are the job's log.
    server = subprocess.Popen(
        words, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, preexec_fn=end_with_parent
    )
    return server, {"host": job.bind or socket.gethostname(), "port": port}


def watch(server: subprocess.Popen, folder: Path, lease: float, ended: threading.Event) -> int:
    """Wait for the end of the server, or of the need for it."""
    seen, since = None, time.monotonic()
    while not ended.wait(LOOK):
        if server.poll() is not None:
            print(f"the server ended with code {server.returncode}", file=sys.stderr, flush=True)
            return 1
        if (folder / "stop").exists():
            return 0
        now = read(folder / "lease")
        if now != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since > lease:
            print(f"nobody has asked for the server for {lease:g} s; it ends", file=sys.stderr, flush=True)
            return 0
    return 0


def read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return None


def end(server: subprocess.Popen) -> None:
    if server.poll() is not None:
        return
    server.terminate()
    try:
        server.wait(GRACE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def end_with_parent() -> None:
    """Have Linux end the server should this process be killed."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    except (AttributeError, OSError):
        pass  # another system: the launcher ends the whole group


def free_port(bind: str) -> int:
    with socket.socket() as probe:
        probe.bind((bind, 0))
        return probe.getsockname()[1]
