"""Command line: `python -m hyde_worker run JOBDIR` and `python -m hyde_worker serve`."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from .environment import prepare_libraries, restart_with_malloc_settings
from .server import is_server, run_server

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and run it. Returns the exit code: 0 done, 1 failed, 2 the job itself is wrong."""
    parser = argparse.ArgumentParser(prog="hyde_worker", description="Trains, samples and scores language models.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run one job folder")
    run.add_argument("folder", type=Path, metavar="JOBDIR", help="folder that holds job.json")
    commands.add_parser("serve", help='run the jobs that stdin names, one {"job": "/abs/folder"} a line')
    options = parser.parse_args(arguments)
    if options.command == "run" and is_server(options.folder):
        return run_server(options.folder.absolute())

    restart_with_malloc_settings()
    prepare_libraries()
    end_on_signals()

    from .events import claim_stdout
    from .models import Store
    from .runner import run_job, serve

    stream = claim_stdout()
    try:
        if options.command == "serve":
            return serve(sys.stdin, stream)
        return run_job(options.folder.absolute(), Store(), stream, tagged=False)
    except BrokenPipeError:
        return 1  # whoever started this is gone


def end_on_signals() -> None:
    """End at once on SIGTERM and SIGINT. Outputs appear by rename, so only the step in progress is lost."""
    wake, alarm = socket.socketpair()
    alarm.setblocking(False)
    signal.set_wakeup_fd(alarm.detach(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(INTERRUPTED))

    def wait() -> None:
        # A handler runs between two lines of Python, and one backward pass may take long; this thread runs meanwhile.
        if wake.recv(1):
            os._exit(INTERRUPTED)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
