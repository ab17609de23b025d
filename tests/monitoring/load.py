"""Load like that of a real day, in short: the project's own messages over HTTP, and people who judge them."""

import http.client
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[2] / "data" / "written"
_EVERYDAY = ("wave4_plain_en", "wave4_plain_multi", "wave2_consumer_en", "wave7_everyday_multi")


def messages(count: int, *files: str, category: str | None = None) -> list[dict[str, Any]]:
    """Messages with their labels, in turn from each file."""
    read = [(DATA / f"{name}.jsonl").read_text().splitlines() for name in files or _EVERYDAY]
    mixed = [json.loads(line) for lines in zip(*read, strict=False) for line in lines]
    return [one for one in mixed if category in (None, one["category"])][:count]


def ask(port: int, method: str, path: str, sent: object = None, **headers: str) -> tuple[int, dict[str, Any]]:
    """One request; the status and the answer, also of a refused one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        body = None if sent is None else json.dumps(sent)
        connection.request(method, f"/api/v1/{path}", body, {"Content-Type": "application/json"} | headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or "{}")
    finally:
        connection.close()


def submit(port: int, batch: Sequence[dict[str, Any]], *, threads: int = 4, **headers: str) -> list[tuple[int, Any]]:
    """Submit messages, some at a time; each answer, in their order."""

    def one(message: dict[str, Any]) -> tuple[int, Any]:
        sent = {"subject": message["subject"] or None, "body": message["body"]}
        return ask(port, "POST", "inquiries/submit", sent, **headers)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, batch))


def correct(port: int, inquiry_id: str, category: str) -> None:
    """Say that an inquiry belongs to this category."""
    said = {"actor": "jonas-weber", "category": category}
    status, answer = ask(port, "POST", f"inquiries/{inquiry_id}/feedback", said)
    assert status == 201, answer


def everyday(port: int, count: int) -> None:
    """Messages as they come, asynchronous ones, repeated ones, people's judgements, explanations, and mistakes."""
    sent = messages(count)
    answers = submit(port, sent)
    assert {status for status, _ in answers} == {201}
    submit(port, sent[:10])  # known to the cache
    submit(port, sent[10:20], Prefer="respond-async")
    for (_, answer), message in zip(answers[: count // 5], sent, strict=False):
        right = {"actor": "priya-raman", "category": message["category"]}
        assert ask(port, "POST", f"inquiries/{answer['id']}/feedback", right)[0] == 201
    for message in sent[:3]:
        assert ask(port, "POST", "inquiries/classify?explain=true", {"body": message["body"]})[0] == 200
    assert ask(port, "POST", "inquiries/submit", {"body": ""})[0] == 422
    assert ask(port, "GET", "inquiries/01890000-0000-7000-8000-000000000000")[0] == 404
    assert ask(port, "GET", "stats")[0] == 200
