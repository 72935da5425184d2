"""Reading a JSON object field by field, with errors that name the field."""

from __future__ import annotations

from collections.abc import Callable

from .errors import JobError

REQUIRED = object()
TYPE_NAMES = {
    int: "a whole number",
    float: "a number",
    str: "a string",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}


class Fields:
    """Takes known fields out of an object; `end` then refuses what is left, so that typing errors do not pass.

    where: the name of the object in messages, e.g. "stages[0].training".
    """

    def __init__(self, value: object, where: str, file: str = "job.json"):
        self.where, self.file = where, file
        if not isinstance(value, dict):
            raise self.wrong(f"{where or 'the job'} must be an object")
        self.left = dict(value)

    def wrong(self, message: str) -> JobError:
        """A `bad-job` error in this file."""
        return JobError("bad-job", f"{message[0].upper()}{message[1:]}; correct {self.file}.", self.file)

    def name(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def take(
        self,
        key: str,
        kind: type,
        default: object = REQUIRED,
        check: Callable[[object], bool] | None = None,
        expected: str = "",
    ):
        """The field's value, converted to float where `kind` is float.

        default: used when the field is absent; None is then also accepted as a value. check and expected: a condition
        on the value and its words for the message.
        """
        name = self.name(key)
        if key not in self.left:
            if default is REQUIRED:
                raise self.wrong(f"{name} is missing")
            return default
        value = self.left.pop(key)
        if value is None and default is None:
            return None
        accepted = (int, float) if kind is float else kind
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            raise self.wrong(f"{name} must be {TYPE_NAMES[kind]}")
        value = float(value) if kind is float else value
        if check and not check(value):
            raise self.wrong(f"{name} must be {expected}, not {value!r}")
        return value

    def end(self) -> None:
        """Refuse fields that nobody took."""
        if self.left:
            raise self.wrong(f"{self.name(sorted(self.left)[0])} is not a known field")
