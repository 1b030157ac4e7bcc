"""What a folder is for: told by the server (RFC 6154, XLIST), or guessed from its name where it tells nothing."""

from __future__ import annotations

from collections.abc import Iterable

ROLES = ("sent", "drafts", "trash", "junk", "archive", "all")

_ATTRIBUTES = {
    "\\sent": "sent",
    "\\drafts": "drafts",
    "\\trash": "trash",
    "\\junk": "junk",
    "\\spam": "junk",  # XLIST
    "\\archive": "archive",
    "\\all": "all",
    "\\allmail": "all",  # XLIST
}

_NAMES = {
    "sent": (
        "sent", "sent items", "sent messages", "sent mail", "sent-mail", "outbox sent", "已发送", "已发送邮件",
        "已发邮件", "寄件備份", "gesendet", "gesendete objekte", "gesendete elemente", "envoyés",
        "éléments envoyés", "enviados", "elementos enviados",
        "posta inviata", "inviata", "отправленные", "送信済み", "送信済みメール", "보낸메일함",
    ),
    "drafts": (
        "drafts", "draft", "草稿", "草稿箱", "草稿匣", "entwürfe", "brouillons", "borradores", "rascunhos", "bozze",
        "черновики", "下書き", "임시보관함",
    ),
    "trash": (
        "trash", "deleted", "deleted items", "deleted messages", "bin", "rubbish", "已删除", "已删除邮件",
        "已刪除的郵件", "垃圾桶", "papierkorb", "gelöscht", "gelöschte objekte", "gelöschte elemente", "corbeille",
        "éléments supprimés", "papelera", "elementos eliminados", "lixeira", "cestino", "удаленные", "корзина",
        "ゴミ箱", "휴지통",
    ),
    "junk": (
        "junk", "spam", "junk mail", "junk e-mail", "junk email", "bulk mail", "垃圾邮件", "垃圾郵件", "spamverdacht",
        "junk-e-mail", "courrier indésirable", "indésirables", "correo no deseado", "posta indesiderata", "спам",
        "迷惑メール", "스팸메일함",
    ),
    "archive": ("archive", "archives", "归档", "存档", "封存", "archiv", "archivo", "arquivo", "archivio", "архив"),
    "all": ("all mail", "所有邮件", "所有郵件", "alle nachrichten", "tous les messages", "todos", "вся почта"),
}  # fmt: skip

_BY_NAME = {name: role for role, names in _NAMES.items() for name in names}


def told_role(attributes: Iterable[str]) -> str | None:
    """Return the role that LIST attributes name, or ``None``."""
    return next((_ATTRIBUTES[name.lower()] for name in attributes if name.lower() in _ATTRIBUTES), None)


def guessed_role(path: str, delimiter: str | None) -> str | None:
    """Return the role that a name suggests: at the top, below INBOX, or below a ``[Gmail]`` of any name."""
    parts = path.split(delimiter) if delimiter else [path]
    if len(parts) > 2 or (len(parts) == 2 and parts[0].upper() != "INBOX" and not parts[0].startswith("[")):
        return None
    return _BY_NAME.get(parts[-1].lower())
