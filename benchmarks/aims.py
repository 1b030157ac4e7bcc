"""What is aimed at: how many times as fast as each peer, or how close to the limit."""

from __future__ import annotations

AIMS: dict[tuple[str, str], float] = {
    ("2,000 texts", "Flask-Mail connect"): 3,
    ("2,000 texts", "flask-mailman held"): 2.5,
    ("2,000 texts", "smtp-source"): 1 / 2.5,
    ("200 texts, TLS, AUTH", "Flask-Mail send"): 5,
    ("40 texts, TLS, AUTH, 20 ms", "Flask-Mail send"): 8,
    ("8 threads x 25, 20 ms", "Flask-Mail send"): 4,
    ("50 newest of 100,000", "imapclient"): 4,
    ("50 newest of 100,000", "imap_tools"): 15,
    ("the same, pooled, 20 ms", "raw socket"): 1 / 1.3,
    ("1,000 mixed to objects", "imap_tools"): 4,
    ("changes in 100,000", "raw QRESYNC"): 1 / 1.5,
    ("changes in 100,000", "imapclient, CONDSTORE"): 5,
    ("1,000 small", "poplib"): 2.5,
    ("1,000 mixed", "poplib"): 1.8,
    ("100 small, 20 ms", "poplib"): 10,
} | {
    (task, peer): times
    for task, times in (("200 x 1 MB", 3.0), ("100 MB to a file", 2.5))
    for peer in (
        "Flask-Mail send",
        "Flask-Mail connect",
        "flask-mailman held",
        "redmail held",
        "aiosmtplib held",
        "imapclient",
        "imap_tools",
    )
}
"""By task and peer; below 1 for limits, which nothing is faster than."""


def aim_of(task: str, peer: str) -> float | None:
    """Return how many times as fast as a peer a task is meant to be; ``None`` if nothing was said."""
    return AIMS.get((task, peer))
