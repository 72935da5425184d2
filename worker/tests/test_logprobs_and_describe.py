"""Scores against a plain forward pass, and what the embedded model's template does."""

from __future__ import annotations

import pytest
import torch
from conftest import EMBEDDED, FAMILIES, tiny_model, user, write_job

from hyde_worker.heads import _can_select, selected_logits
from hyde_worker.logprobs import batches
from hyde_worker.score import score


def test_logprobs_equal_a_plain_forward_pass(run, loaded, tmp_path):
    pairs = [("Hi!", "Hello there."), ("What is 2+2?", "4"), ("What is 2+2?", "It is <|im_end|> five."), ("Hm", "")]
    rows = [{"id": f"r{i}", "messages": user(q), "answer": a} for i, (q, a) in enumerate(pairs)]
    job = {"kind": "logprobs", "base": EMBEDDED, "adapter": None, "requests": "requests.jsonl", "batchSize": 3}
    code, events = run(write_job(tmp_path, job, requests=rows))
    assert code == 0
    found = {event["id"]: event for event in events if event["event"] == "logprobs"}
    for i, (question, answer) in enumerate(pairs):
        prompt = loaded.chat.prompt(user(question))
        ids = found[f"r{i}"]["tokens"]
        assert loaded.chat.tokenizer.decode(ids) == answer + "<|im_end|>"
        with torch.inference_mode():
            logits = loaded.model(torch.tensor([prompt + ids])).logits[0].double()
        expected = logits.log_softmax(-1)[range(len(prompt) - 1, len(prompt) + len(ids) - 1), ids]
        assert found[f"r{i}"]["logprobs"] == pytest.approx(expected.tolist(), abs=2e-3)
    assert events[-1]["result"]["logprobs"]["count"] == 4


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("select", [True, False])
def test_selected_logits_for_any_architecture(family, select):
    model = tiny_model(family, 300, eos=5)
    assert _can_select(model)
    model._hyde_can_select = select
    ids, mask = torch.randint(6, 300, (3, 11)), torch.ones(3, 11, dtype=torch.long)
    mask[1, 7:] = 0
    chosen = torch.rand(3, 11) < 0.4
    chosen[1, 7:] = False
    with torch.inference_mode():
        found = selected_logits(model, ids, mask, chosen)
        assert torch.allclose(found, model(ids, attention_mask=mask).logits[chosen], atol=1e-5)


def test_describe_tells_the_inserted_system_prompt(run, tmp_path):
    code, events = run(write_job(tmp_path, {"kind": "describe", "base": EMBEDDED}))
    result = events[-1]["result"]
    assert code == 0 and result["template"]["insertsSystemPrompt"] is True
    assert result["template"]["systemPrompt"].startswith("You are a helpful AI assistant named SmolLM")
    assert "What is the capital of France?" in result["template"]["rendered"]
    assert len(result["identity"]) == 64 and result["parameters"] == 134_515_008
    assert result["device"] == "cpu" and result["dtype"] == "float32"


def test_describe_without_inserted_system_prompt(run, loaded, monkeypatch, tmp_path):
    template = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    monkeypatch.setattr(loaded.chat.tokenizer, "chat_template", template)
    _, events = run(write_job(tmp_path, {"kind": "describe", "base": EMBEDDED}))
    assert events[-1]["result"]["template"]["insertsSystemPrompt"] is False


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_to_one_prompt_score_as_each_alone(family):
    model = tiny_model(family, 300, eos=5)
    long = list(range(40, 70))
    pairs = [([7, 8, 9], [10, 11]), (long, [12]), ([7, 8, 9], [13, 14, 15, 16]), (long, [17, 18, 19])]
    together = score(model, pairs, 0)
    for pair, values in zip(pairs, together, strict=True):
        assert values == pytest.approx(score(model, [pair], 0)[0], abs=2e-3)


def test_answers_to_one_prompt_share_a_batch():
    prompts = [(1,), (2,), (1,), (3,)]
    assert list(batches([9, 5, 2, 7], prompts, 2, 1000)) == [[1, 3], [2, 0]]
    assert list(batches([9, 5, 2, 7], prompts, 9, 14)) == [[1, 3], [2], [0]]
