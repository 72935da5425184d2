"""The sampler against transformers' generate, and answers that depend on nothing but their own seed."""

from __future__ import annotations

import pytest
import torch
from conftest import EMBEDDED, FAMILIES, tiny_model, user, write_job

from hyde_worker.cache import compaction
from hyde_worker.decode import Row, generate, pad_left
from hyde_worker.step import One

QUESTIONS = [
    "What is 2+2? Answer with one word.",
    "What is the capital of France?",
    "Write one long sentence about the moon, the sea and the wind.",
]


def greedy_ours(model, prompts, stops, pad, max_tokens):
    rows = [Row(i, [(0.5, 0.5)] * max_tokens, stops) for i in range(len(prompts))]
    found = generate(One(model), prompts, rows, max_tokens, pad, temperature=0)
    return [answer.ids for answer in sorted(found, key=lambda answer: answer.row)]


def greedy_theirs(model, prompts, stops, pad, max_tokens):
    ids, mask, _ = pad_left(prompts, pad, "cpu")
    with torch.inference_mode():
        output = model.generate(
            input_ids=ids,
            attention_mask=mask,
            do_sample=False,
            max_new_tokens=max_tokens,
            eos_token_id=sorted(stops),
            pad_token_id=pad,
        )
    rows = output[:, ids.shape[1] :].tolist()
    return [row[: next((i + 1 for i, t in enumerate(row) if t in stops), len(row))] for row in rows]


def test_greedy_equals_generate(loaded):
    prompts = [loaded.chat.prompt(user(question)) for question in QUESTIONS]
    arguments = (loaded.model, prompts, loaded.chat.stop_ids, loaded.chat.pad_id, 20)
    ours = greedy_ours(*arguments)
    assert ours == greedy_theirs(*arguments)
    assert {len(ids) < 20 for ids in ours} == {True, False}, "the case should have finished and cut answers"


@pytest.mark.parametrize("family", FAMILIES)
def test_greedy_equals_generate_for_other_architectures(family):
    model = tiny_model(family, 300, eos=5)
    generator = torch.Generator().manual_seed(0)
    prompts = [torch.randint(6, 300, (n,), generator=generator).tolist() for n in (3, 9, 20, 31, 14, 5, 8, 25)]
    first = greedy_theirs(model, prompts, {5}, 0, 24)
    # Stop tokens that really occur, at different steps, so that rows are dropped.
    stops = {row[min(step, len(row) - 1)] for row, step in zip(first, (3, 8, 12), strict=False)}
    expected = greedy_theirs(model, prompts, stops, 0, 24)
    assert len({len(ids) for ids in expected}) > 2
    assert greedy_ours(model, prompts, stops, 0, 24) == expected


def test_a_row_costs_one_prompt_and_many_answers_share_it(loaded):
    prompt = loaded.chat.prompt(user("Hi!"))
    rows = [Row(0, [(0.5, 0.5)] * 4, loaded.chat.stop_ids) for _ in range(5)]
    found = list(generate(One(loaded.model), [prompt], rows, 4, loaded.chat.pad_id))
    assert len({tuple(answer.ids) for answer in found}) == 1 and len(found) == 5


def test_compaction_fills_holes_with_the_last_rows():
    sources, targets, order = compaction(torch.tensor([True, False, True, False, True, True]))
    assert order.tolist() == [0, 4, 2, 5]
    assert (sources.tolist(), targets.tolist()) == ([4, 5], [1, 3])


def sample_job(folder, requests, **extra):
    job = {"kind": "sample", "base": EMBEDDED, "adapter": None, "requests": "requests.jsonl", **extra}
    return write_job(folder, job, requests=requests)


def answers(events):
    return {(e["id"], e["index"]): e["text"] for e in events if e["event"] == "answer"}


def test_an_answer_does_not_depend_on_its_batch(run, tmp_path):
    sampling = {"temperature": 1, "topP": 1, "maxTokens": 16}
    requests = [
        {"id": f"q{i}", "messages": user(question), "indices": list(range(8)), "seed": 3}
        for i, question in enumerate(QUESTIONS)
    ]
    code, events = run(sample_job(tmp_path / "all", requests, sampling=sampling))
    assert code == 0
    together = answers(events)
    assert len(together) == 24 and len(set(together.values())) > 20
    alone = {**requests[1], "indices": [7]}
    _, events = run(sample_job(tmp_path / "one", [alone], sampling=sampling))
    assert answers(events) == {("q1", 7): together["q1", 7]}
    _, events = run(sample_job(tmp_path / "small", requests, sampling=sampling, batchSize=5))
    apart = answers(events)
    # Rounding differs with the shape of a batch; it may tip one token that lies on a border.
    assert sum(apart[key] == text for key, text in together.items()) >= 23


def test_answers_arrive_when_they_finish(run, tmp_path):
    requests = [{"id": "q", "messages": user("What is 2+2? One word."), "indices": list(range(12)), "seed": 1}]
    code, events = run(sample_job(tmp_path, requests, sampling={"maxTokens": 30, "topP": 0.9}))
    found = [event for event in events if event["event"] == "answer"]
    assert code == 0 and len(found) == 12
    assert [a["tokens"] for a in found] == sorted(a["tokens"] for a in found)
    assert all(a["finish"] == ("stop" if a["tokens"] < 30 else a["finish"]) for a in found)
    assert not any("<|im_end|>" in a["text"] for a in found)
    result = events[-1]["result"]
    assert result["answers"]["count"] == 12 and result["tokens"] == sum(a["tokens"] for a in found)
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 12


@pytest.mark.parametrize(
    "change, words",
    [({"indices": []}, "indices"), ({"seed": "1"}, "seed"), ({"messages": []}, "messages"), ({"id": 3}, "id")],
)
def test_wrong_requests_are_named_by_line(run, tmp_path, change, words):
    good = {"id": "q", "messages": user("Hi"), "indices": [0], "seed": 1}
    code, events = run(sample_job(tmp_path, [good, {**good, **change}]))
    assert code == 2
    assert events[-1]["kind"] == "bad-data" and events[-1]["line"] == 2 and words in events[-1]["message"]
