"""The one family of expected failures."""

from __future__ import annotations

# Exit 2 says "do not launch this again unchanged"; everything else exits 1.
JOB_IS_WRONG = {"bad-job", "bad-data"}
RETRYABLE = {"out-of-memory", "service", "internal"}


class JobError(Exception):
    """A failure that is reported as an `error` event instead of a traceback.

    kind: bad-job, bad-data, missing-model, missing-package, service, out-of-memory or internal.
    message: one sentence that says what happened and what to do.
    file, line: where in the inputs, when that is known (line counts from 1).
    """

    def __init__(
        self,
        kind: str,
        message: str,
        file: str | None = None,
        line: int | None = None,
        retryable: bool | None = None,
    ):
        super().__init__(message)
        self.kind, self.message, self.file, self.line = kind, message, file, line
        self.retryable = kind in RETRYABLE if retryable is None else retryable

    @property
    def exit_code(self) -> int:
        """2 when the job itself is wrong, 1 for any other failure."""
        return 2 if self.kind in JOB_IS_WRONG else 1

    def fields(self) -> dict:
        """The fields of the `error` event."""
        fields = {"kind": self.kind, "message": self.message, "retryable": self.retryable}
        if self.file is not None:
            fields["file"] = self.file
        if self.line is not None:
            fields["line"] = self.line
        return fields


def from_exception(error: BaseException) -> JobError:
    """Map any exception to a JobError: out-of-memory and missing packages are recognised, the rest is `internal`."""
    if isinstance(error, JobError):
        return error
    if isinstance(error, ImportError):
        name = getattr(error, "name", None) or "a package"
        return JobError("missing-package", f"Python package {name} cannot be imported; install requirements.txt.")
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError) or "out of memory" in text.lower() or "can't allocate memory" in text.lower():
        return JobError("out-of-memory", "Memory ran out; use a smaller batchSize, maxLength or model.")
    return JobError("internal", f"Unexpected failure ({text.splitlines()[0][:300]}); the traceback is on stderr.")
