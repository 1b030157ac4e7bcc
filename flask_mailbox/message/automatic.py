"""Whether a program sent a message: answers that answer themselves, and mail to many (RFC 3834, RFC 2369, RFC 2919)."""

from __future__ import annotations

import re

from .header import Headers

_AUTO_SUBJECT = re.compile(
    r"(?:(?:re|aw|sv|回复)[:：]\s*)?\[?(?:"
    r"auto(?:matic|matische|mated)?[- ]?(?:reply|response|respond|antwort)|out of (?:the )?office|"
    r"vacation (?:reply|response|notice)|abwesenheits(?:notiz|meldung|assistent)|"
    r"réponse automatique|respuesta automática|risposta automatica|"
    r"自动回复|自動回覆|自动答复|自動返信)",
    re.IGNORECASE,
)
_AUTO_FIELDS = (
    "x-autoreply", "x-autorespond", "x-autoresponse", "x-autoresponder", "x-mail-autoreply", "x-autoreply-from",
    "x-vacation", "x-qq-autoreply", "x-auto-reply-from",
)  # fmt: skip
_AUTO_PRECEDENCE = ("auto_reply", "auto-reply")
_BULK_PRECEDENCE = ("bulk", "list", "junk")
_BULK_FIELDS = (
    "list-id", "list-unsubscribe", "list-post", "feedback-id", "x-csa-complaints", "x-campaign-id", "x-campaignid",
    "x-mailgun-sid", "x-mc-user", "x-mailchimp-campaign-id",
)  # fmt: skip


def is_auto_reply(headers: Headers, subject: str) -> bool:
    """Tell whether a responder answered by itself: vacation notes, tickets opened. Never answer one by program."""
    submitted = _first_word(headers, "auto-submitted")
    if submitted.startswith("auto-replied") or (submitted and submitted != "no" and "vacation" in submitted):
        return True
    if any(name in headers for name in _AUTO_FIELDS) or _first_word(headers, "precedence") in _AUTO_PRECEDENCE:
        return True
    return submitted != "no" and bool(_AUTO_SUBJECT.match(subject))


def is_bulk(headers: Headers) -> bool:
    """Tell whether a message went to many: mailing lists, newsletters, notices."""
    if _first_word(headers, "precedence") in _BULK_PRECEDENCE:
        return True
    return any(name in headers for name in _BULK_FIELDS)


def _first_word(headers: Headers, name: str) -> str:
    return (headers.get(name) or "").partition(";")[0].strip().lower()
