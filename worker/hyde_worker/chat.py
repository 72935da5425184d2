"""From messages to tokens through the tokenizer's own chat template.

Text that looks like a control token (`<|im_end|>` typed by a user) stays text: before rendering, each such string in a
message is replaced by a placeholder, and the placeholder is later encoded as plain characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .errors import JobError

ROLES = ("system", "developer", "user", "assistant", "tool")
# A request's only message: text without the chat template. It is no turn, and stands in no training row.
RAW = "raw"
PROBE = "What is the capital of France?"
OPENINGS = ("assistant", "user", "system")
Messages = list[dict[str, str]]


def check_messages(value: object, where: str, least: int = 1, raw: bool = False) -> Messages:
    """A list of {"role", "content"} with known roles and text contents; other keys are dropped. Raises ValueError.

    raw: one message of the role `raw` may stand for all of them.
    """
    if not isinstance(value, list) or len(value) < least:
        raise ValueError(f"{where} must be a list" + (" of at least one message" if least else ""))
    messages = []
    for index, message in enumerate(value):
        role = message.get("role") if isinstance(message, dict) else None
        content = message.get("content") if isinstance(message, dict) else None
        # A free role would be pasted between control tokens by most templates.
        if role not in ROLES and not (raw and role == RAW and len(value) == 1):
            raise ValueError(f"{where}[{index}].role must be one of {', '.join(ROLES)}")
        if not isinstance(content, str):
            raise ValueError(f"{where}[{index}].content must be a string")
        messages.append({"role": role, "content": content})
    return messages


def is_raw(messages: Messages) -> bool:
    """Is this text without a chat template?"""
    return bool(messages) and messages[0]["role"] == RAW


class Chat:
    """A tokenizer with its chat template.

    eos: the end token or tokens of the model's generation config. `stop_ids` are all tokens that end an answer.
    Raises JobError `missing-model` when the tokenizer has no chat template.
    """

    def __init__(self, tokenizer, eos: int | list[int] | None):
        self.tokenizer = tokenizer
        if not getattr(tokenizer, "chat_template", None):
            raise JobError("missing-model", "The tokenizer has no chat template; use an instruction-tuned model.")
        added = tokenizer.added_tokens_decoder
        self.control_ids = {i for i, token in added.items() if token.special} | set(tokenizer.all_special_ids)
        texts = {added[i].content if i in added else tokenizer.convert_ids_to_tokens(i) for i in self.control_ids}
        longest_first = sorted(texts, key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        ends = [eos] if isinstance(eos, int) else list(eos or [])
        self.stop_ids = {i for i in [*ends, tokenizer.eos_token_id] if i is not None}
        self.stop_ids |= self._end_of_turn()
        pad = tokenizer.pad_token_id
        self.pad_id: int = pad if pad is not None else min(self.stop_ids, default=0)

    def render(self, messages: Messages, answer_next: bool) -> str:
        """The template's text. answer_next: end with the start of an assistant turn. Raises ValueError."""
        try:
            return self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=answer_next)
        except Exception as error:  # templates raise whatever they like
            raise ValueError(f"the chat template refuses this conversation ({str(error)[:200]})") from error

    def prompt(self, messages: Messages) -> list[int]:
        """Token ids of the conversation up to where the assistant's next answer starts. Raises ValueError.

        A raw message is its own tokens, behind the one that the tokenizer begins a document with, if it has one.
        """
        guarded, hidden = self._guard(messages)
        if is_raw(messages):
            return self._begin() + self._encode(guarded[0]["content"], hidden)
        return self._encode(self.render(guarded, True), hidden)

    def opening(self, messages: Messages, role: str) -> tuple[list[int], str]:
        """Token ids of the conversation up to where a turn of `role` starts, and what the template writes behind it.

        The second is the first line of that text, "" where there is nothing. Raises ValueError where the template has no
        place for such a turn.
        """
        if role == "assistant" and messages:
            return self.prompt(messages), ""
        guarded, hidden = self._guard(messages)
        mark = f"hydeopening{self._nonce(guarded)}x"
        # Some templates take a system prompt only together with a user's turn.
        after = [{"role": "user", "content": PROBE}] if role == "system" else []
        rendered = self.render([*guarded, {"role": role, "content": mark}, *after], False)
        before, found, behind = rendered.partition(mark)
        if not found:
            raise ValueError(f"the chat template does not show a {role} turn here, so none can be opened")
        # A space in front of a text belongs to its first token.
        return self._encode(before.rstrip(" "), hidden), (behind.strip().splitlines() or [""])[0].strip()

    def answer(self, messages: Messages, answer: str) -> tuple[list[int], list[int]]:
        """Token ids of the prompt and of an answer to it, with the end of the turn. Raises ValueError."""
        if is_raw(messages):
            guarded, hidden = self._guard([{"role": RAW, "content": answer}])
            return self.prompt(messages), [*self._encode(guarded[0]["content"], hidden), self.tokenizer.eos_token_id]
        ids, spans = self.conversation([*messages, {"role": "assistant", "content": answer}], "last")
        start, end = spans[-1]
        return ids[:start], ids[start:end]

    def whole(self, messages: Messages) -> tuple[list[int], list[tuple[int, int]]]:
        """Token ids of a conversation up to its last assistant turn, all of them learnt. Raises ValueError."""
        ids, _ = self.conversation(messages, "last")
        return ids, [(0, len(ids))]

    def conversation(self, messages: Messages, loss: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Token ids of a conversation, and the (start, end) spans of assistant turns with their end-of-turn tokens.

        loss: "all" assistant turns, or only the "last". What follows the last assistant turn is left out. Raises
        ValueError when there is none, or when the template renders a turn differently once others follow it (only
        "last" can then be used).
        """
        turns = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
        if not turns:
            raise ValueError("there is no assistant turn to learn from")
        last = turns[-1]
        guarded, hidden = self._guard(messages[: last + 1])
        full = self.render(guarded, False)
        ids: list[int] = []
        spans: list[tuple[int, int]] = []
        position = 0
        for turn in turns if loss == "all" else [last]:
            prompt = self.render(guarded[:turn], True)
            through = full if turn == last else self.render(guarded[: turn + 1], False)
            if not full.startswith(through) or not full.startswith(prompt):
                hint = 'use loss "last"' if turn != last else "this template cannot be trained on"
                raise ValueError(f"the chat template rewrites turn {turn + 1} when it is followed by others; {hint}")
            if not through.startswith(prompt):
                raise ValueError(f"the chat template starts turn {turn + 1} differently than it prompts for it")
            ids += self._encode(full[position : len(prompt)], hidden)
            answer = self._encode(full[len(prompt) : len(through)], hidden)
            # Tokens after the end of the turn (a newline, usually) are never generated, so they are not learnt.
            learnt = next((i + 1 for i, token in enumerate(answer) if token in self.stop_ids), len(answer))
            spans.append((len(ids), len(ids) + learnt))
            ids += answer
            position = len(through)
        return ids[: spans[-1][1]], spans

    def _begin(self) -> list[int]:
        bos = self.tokenizer.bos_token_id
        return [bos] if bos is not None and self.tokenizer("a")["input_ids"][:1] == [bos] else []

    def text(self, ids: Iterable[int]) -> str:
        """Decoded text without control tokens."""
        return self.tokenizer.decode(
            [i for i in ids if i not in self.control_ids], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )

    def _end_of_turn(self) -> set[int]:
        # Some models end turns with another token than their tokenizer's eos: it is the first control token after the
        # content of an assistant turn.
        try:
            text = self.render([{"role": "user", "content": PROBE}, {"role": "assistant", "content": "Paris."}], False)
        except ValueError:
            return set()
        tail = self._ids(text[text.rindex("Paris.") + len("Paris.") :]) if "Paris." in text else []
        return {token for token in tail[:1] if token in self.control_ids}

    def _guard(self, messages: Messages) -> tuple[Messages, dict[str, str]]:
        """Messages with placeholders for control strings, and what each placeholder stands for."""
        if not self._control or not any(self._control.search(m["content"]) for m in messages):
            return messages, {}
        nonce = self._nonce(messages)
        hidden: dict[str, str] = {}

        def hide(match: re.Match) -> str:
            key = f"hydeliteral{nonce}x{len(hidden)}x"
            hidden[key] = match.group()
            return key

        return [{**m, "content": self._control.sub(hide, m["content"])} for m in messages], hidden

    @staticmethod
    def _nonce(messages: Messages) -> int:
        """A number that makes a placeholder which no message holds."""
        contents = "".join(m["content"] for m in messages)
        return next(n for n in range(10**9) if f"{n}x" not in contents)

    def _encode(self, text: str, hidden: dict[str, str]) -> list[int]:
        if not hidden:
            return self._ids(text)
        pieces = re.split("(" + "|".join(map(re.escape, hidden)) + ")", text)
        return [
            i
            for piece in pieces
            if piece
            for i in (self._plain(hidden[piece]) if piece in hidden else self._ids(piece))
        ]

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _plain(self, text: str) -> list[int]:
        """Ids of a control token's characters, none of them a control token. Raises ValueError where impossible."""
        ids = list(self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])
        if self.control_ids.isdisjoint(ids):
            return ids
        # Not every tokenizer knows the option; cut in two, the string is no longer recognised.
        ids = self._ids(text[:1]) + self._ids(text[1:])
        if self.control_ids.isdisjoint(ids):
            return ids
        raise ValueError(f"this tokenizer cannot write {text!r} as plain text; remove it from the message")
