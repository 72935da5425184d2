"""Outputs that are complete or not there, and inputs that are told apart by line."""

from __future__ import annotations

import pytest

from hyde_worker.errors import JobError
from hyde_worker.files import read_jsonl, write_folder, write_json


def test_the_first_of_two_writers_of_a_folder_wins(tmp_path):
    def slow(folder):
        write_folder(tmp_path / "model", lambda other: (other / "file").write_text("first"), keep_existing=True)
        (folder / "file").write_text("second")

    write_folder(tmp_path / "model", slow, keep_existing=True)
    assert (tmp_path / "model" / "file").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_failed_write_leaves_nothing(tmp_path):
    def fail(folder):
        (folder / "half").write_text("x")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_folder(tmp_path / "out", fail)
    assert not list(tmp_path.iterdir())


def test_replacing_a_file_keeps_no_temporary_one(tmp_path):
    for value in (1, 2):
        write_json(tmp_path / "result.json", value)
    assert (tmp_path / "result.json").read_text() == "2\n"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("content", [b'{"a": 1}\n\n{"a"\n', b'{"a": 1}\n\n\xff\n', b'{"a": 1}\n\n3\n'])
def test_bad_lines_are_counted_with_empty_ones(tmp_path, content):
    (tmp_path / "rows.jsonl").write_bytes(content)
    with pytest.raises(JobError) as caught:
        list(read_jsonl(tmp_path / "rows.jsonl"))
    assert (caught.value.kind, caught.value.line) == ("bad-data", 3)


def test_line_separators_inside_strings_do_not_end_a_line(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"a": "x\u2028y"}\r\n', encoding="utf-8")
    assert list(read_jsonl(tmp_path / "rows.jsonl")) == [(1, {"a": "x\u2028y"})]
