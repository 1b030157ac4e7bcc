"""The words by which mail systems speak of failure, in the languages seen in real reports."""

from __future__ import annotations

import re


def _any_of(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


# Local parts of the senders of reports.
DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|mail[-_.]?daemon|postmaster|mdaemon|mmdf|root|bounces?|mailer|daemon|administrator|admin|"
    r"mail[-_.]delivery.*|delivery.*|no-?reply.*|failure[-_]?notice)\b",
    re.IGNORECASE,
)
DAEMON_NAME = _any_of(
    r"mail(?:er)?[ -]?(?:delivery|daemon)", r"delivery (?:sub)?system", "postmaster", "mail administrator",
    "mail system", "邮件系统", "退信",
)  # fmt: skip
SUBJECT = _any_of(
    "undeliver", r"non.?deliver", "not deliver",
    "delivery (?:status|fail|has failed|problem|report|error|notif|incomplete)", "fail(?:ure|ed)", "could not",
    "cannot", "returned (?:mail|e-?mail|to sender)", "return(?:ing|ed)? (?:message|mail)",
    "can't", "unable", "user unknown", "mail (?:system )?error", "error (?:sending|in)", "delay", "message status",
    "you sent blocked", "warning", "bounce", "rejected", "refused", "blocked", "unzustellbar", "nicht zu(?:ge)?stell",
    "non remis", "impossible", "mancata consegna", "no se puede",
    "退信", "投递失败", "投遞失敗", "无法投递", "配信不能", "不達", "エラー", "送信できません",
)  # fmt: skip
PHRASES = _any_of(
    "(?:could|can|did|was|were|has|have) ?n[o']?t (?:yet )?(?:be |been )?(?:deliver|sen[dt]|reach|found)",
    "not deliver", "undeliver", "unable to deliver", "attempting to deliver", "trouble delivering", "did not reach",
    "delivery (?:has )?(?:failed|to the following|attempt|temporarily)", "user unknown", "unknown user", "no such user",
    "permanent(?: fatal)? error", "failed permanently", "unknown address", "does(?:n't| not) exist", "over quota",
    "mailbox (?:is )?(?:full|unavailable)", "account (?:is )?disabled", "exceeds? (?:allowed|quota)", "expired",
    "host unknown", "address(?:es)? (?:failed|rejected|had)", "rejected", "message was not", "bounced", "will retry",
    "returned (?:to|below|message)", "transcript of session", "unrouteable", "not be routed", "failed recipient",
    "invalid recipient", "投递失败", "无法投递", "退信", "不存在", "被退回", "拒收",
    "送信できません", "見つかりません", "届けること",
)  # fmt: skip
DELAY = _any_of(
    "delay", "will (?:continue to )?(?:be )?re-?tr(?:y|ied)", "no need to re-?send", "warning message only", "temporar"
)
# Where the report ends and the message that it gives back begins.
RETURNED = re.compile(
    r"^(?:-+\s*(?:this is a copy|below this line|original message|the (?:header|body) of|returned message|"
    r"message (?:header|body|text)|forwarded message|undelivered message|included is a copy|unsent message).*|"
    r"(?:received|return-path|message-id):.*|"
    r"(?:original message|the original message|message header|original headers).{0,40}:?)$",
    re.IGNORECASE | re.MULTILINE,
)
# Where a report has no code, its words tell the status; the class changes to 4 where it only speaks of a delay.
STATUS_BY_WORDS = (
    (_any_of("unknown user", "user unknown", "no such (?:user|mailbox|address|person|recipient)", "not (?:a )?known",
             "does(?:n't| not) (?:exist|have)", "unknown (?:address|recipient|local part)", "no mailbox", "no account",
             "invalid (?:recipient|mailbox|address)", "not (?:a valid|found|listed)", "unrouteable address",
             "不存在", "見つかり"), "5.1.1"),
    (_any_of("(?:mailbox|quota|inbox|storage).{0,40}(?:full|exceed|over)", "over.?quota", "已满", "容量"), "5.2.2"),
    (_any_of("host (?:unknown|not found)", "unknown host", "domain.{0,30}not (?:exist|found)", "name service error",
             "no route"), "5.1.2"),
    (_any_of("too (?:large|big)", "size (?:limit|exceed)", "exceed.{0,30}size"), "5.3.4"),
    (_any_of("timed? ?out", "expired", "too long", "retry time", "connection refused", "not respond"), "5.4.7"),
)  # fmt: skip
