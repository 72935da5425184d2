"""Job kind `describe`: what a model is, and what its chat template does to a plain conversation."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .chat import PROBE, Chat
from .events import Events
from .files import fingerprint
from .identity import model_identity
from .job import DescribeJob
from .models import Store, adapter_sha256

MARK = "hyde-system-mark"


def run(job: DescribeJob, folder: Path, store: Store, events: Events) -> dict:
    """The result's fields. With an adapter, `identity` covers base and adapter."""
    loaded = store.base(job.base, events)
    base = model_identity(loaded.folder)
    adapter = adapter_sha256(job.adapter) if job.adapter else None
    if job.adapter:
        store.with_adapter(job.base, job.adapter, events)  # fails here rather than in the first sampling job
    return {
        "identity": fingerprint([base, adapter]) if adapter else base,
        "base": {"name": job.base.name, "revision": job.base.revision, "identity": base},
        "adapter": {"sha256": adapter} if adapter else None,
        "template": describe_template(loaded.chat),
        "parameters": sum(p.numel() for p in loaded.model.parameters()),
        **loaded.described(),
    }


def describe_template(chat: Chat) -> dict:
    """Hash of the template, whether it inserts a system prompt of its own, which, and a rendered plain conversation."""
    template = chat.tokenizer.chat_template
    text = template if isinstance(template, str) else repr(sorted(template.items()))
    rendered = chat.render([{"role": "user", "content": PROBE}], True)
    system_prompt = inserted_system_prompt(chat, rendered)
    return {
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "insertsSystemPrompt": system_prompt is not None,
        "systemPrompt": system_prompt,
        "rendered": rendered,
    }


def inserted_system_prompt(chat: Chat, rendered: str) -> str | None:
    """The text that stands where a given system prompt would stand, though none was given; None if nothing does.

    rendered: the conversation without a system message. "" means that the template opens an empty system turn.
    """
    try:
        given = chat.render([{"role": "system", "content": MARK}, {"role": "user", "content": PROBE}], True)
    except ValueError:
        return None  # the template takes no system prompt at all
    before, mark, after = given.partition(MARK)
    fits = mark and rendered.startswith(before) and rendered.endswith(after)
    if not fits or len(rendered) < len(before) + len(after):
        return None
    return rendered[len(before) : len(rendered) - len(after)]
