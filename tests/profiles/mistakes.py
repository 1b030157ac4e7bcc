"""What users of each provider typically get wrong, and what a friend who knows the provider would say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .journey import Account, preset_without
from .test_journey import ACCOUNTS

Says = Mapping[str, tuple[str, str]]
"""By category what the advice must mention, in English and in Chinese."""

SMTP, IMAP, POP3 = ("smtp",), ("imap",), ("pop3",)
NO_POP3 = SMTP + IMAP
ALL = NO_POP3 + POP3


@dataclass(frozen=True)
class Mistake:
    """What a user got wrong, and what the doctor is to say.

    :param legs: The protocols in which it shows; in the others all is well.
    :param config: What the user configured otherwise.
    :param trouble: The state of the account at the provider.
    :param faults: What a server answers otherwise.
    """

    family: str
    legs: tuple[str, ...]
    says: Says
    config: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""
    faults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        """Whose mistake it is."""
        return ACCOUNTS[self.family]


LOGIN_PASSWORD = {"MAILBOX_PASSWORD": "the-password-of-the-web"}
ANY_PASSWORD = LOGIN_PASSWORD | {"MAILBOX_OAUTH2": None}
OTHER_SENDER = {"MAILBOX_SENDER": "sales@example.net"}
OLD_TOKEN = {"MAILBOX_OAUTH2": "an-old-token"}
GOODBYE = {"imap": {"refuse": {"EXAMINE": "BYE Unsafe Login. Please contact kefu@188.com for help"}}}


def own_preset(family: str) -> dict[str, Any]:
    """Return the configuration of a user whose own preset does not know that the sender must be the login."""
    presets = {"own": preset_without(ACCOUNTS[family], "from_must_match_login")}
    return OTHER_SENDER | {"MAILBOX_PROVIDER": "own", "MAILBOX_PROVIDERS": presets}


def content(reply: str) -> Mapping[str, Mapping[str, Any]]:
    """Return a server that answers so to the content of a message."""
    return {"smtp": {"refuse": {"CONTENT": reply}}}


def each(advice: tuple[str, str], *categories: str) -> Says:
    """Return the same advice for different causes: not every protocol knows which it is."""
    return dict.fromkeys(categories, advice)


CODE_163 = (
    "create a client authorization code and use it instead of the password",
    "新建一个客户端授权码，程序里填授权码",
)
SWITCH_163 = ("switch the service on", "里开启服务")
CODE_QQ = ("create an authorization code and use it as password", "生成授权码；程序里填授权码")
SWITCH_QQ = ("switch IMAP/SMTP (or POP3/SMTP) on", "开启 POP3/IMAP/SMTP 服务")
CODE_EXMAIL = ("the user creates a client password", "请使用客户端专用密码")
PASSWORD_GMAIL = ("create an app password, or sign in with Google", "再创建应用专用密码，程序里填应用专用密码")
SWITCH_ON = ("Switch the protocol on", "开启这项服务")
SWITCH_OUTLOOK = ("switch IMAP/POP on first", "新账户要先开启 IMAP/POP")
PASSWORD_ICLOUD = ("Create an app-specific password at account.apple.com", "创建 App 专用密码")
PASSWORD_YAHOO = ("create an app password", "创建应用密码")
ALLOW_YAHOO_JP = ("Allow IMAP/POP/SMTP access from other mail programs", "允许其他邮件程序通过 IMAP/POP/SMTP 访问")
ALLOW_YANDEX = ("Allow IMAP for mail programs", "允许邮件程序使用 IMAP，再在账户里创建应用密码")
PASSWORD_MAILRU = ("Create a password for external applications", "创建外部应用密码")
PASSWORD_ZOHO = ("Enable IMAP/POP in Settings", "里开启 IMAP/POP")
PASSWORD_NAVER = ("Switch IMAP/SMTP (or POP3/SMTP) on", "再开启两步验证并创建应用密码")
PASSWORD_SEZNAM = ("Allow IMAP/POP3 in the settings", "先在设置里允许 IMAP/POP3")
PASSWORD_ALIYUN = ("create a third-party client password", "三方客户端安全密码")
PASSWORD_LARK = ("the user creates a client password", "生成客户端专用密码")
ALLOW_GMX = ("Allow POP3 and IMAP once", "允许 POP3 和 IMAP 访问")
ALLOW_RAMBLER = ("Allow mail programs", "允许邮件程序访问")
ALLOW_MAIL_DE = ("Allow IMAP in the settings", "先在设置里允许 IMAP")
PASSWORD_BRIDGE = ("copy host, port, user and password from its window", "主机、端口、用户名和密码")
WRONG_PASSWORD = ("refused the user name or the password", "不接受这个用户名或密码")
SET_SENDER = ("Send from the address that you sign in with: set SENDER", "请把 SENDER 设为登录的地址")
SET_OAUTH2 = ("takes an OAuth2 token only: set OAUTH2 instead of PASSWORD", "请设置 OAUTH2")
NEW_CODE = ("replace the client authorization code by a new one", "换一个新的客户端授权码")
WAIT = ("Wait before the next attempt", "请稍等再试")
LESS_SPAM = ("change its content", "请修改内容")
FEWER = ("lower POOL_SIZE", "调低 POOL_SIZE")
BROWSER = ("Sign in with a browser once", "请先用浏览器登录一次")
ADMIN = ("The administrator", "管理员")
LATER = ("Try again later", "请稍后再试")

MISTAKES = {
    "163: login password": Mistake("coremail", ALL, each(CODE_163, "bad_credentials"), LOGIN_PASSWORD),
    "163: SMTP not switched on": Mistake(
        "coremail", SMTP, each(SWITCH_163, "protocol_disabled"), trouble="protocol_disabled"
    ),
    "163: wrong sender": Mistake("coremail", SMTP, each(SET_SENDER, "sender_mismatch"), own_preset("coremail")),
    "163: too many attempts": Mistake("coremail", SMTP, each(WAIT, "rate_limited"), trouble="rate_limited"),
    "163: locked account": Mistake("coremail", IMAP, each(NEW_CODE, "id_required"), trouble="id_required"),
    "163: locked account, goodbye": Mistake("coremail", IMAP, each(NEW_CODE, "id_required"), faults=GOODBYE),
    "163: taken for spam": Mistake(
        "coremail", SMTP, each(LESS_SPAM, "spam_rejected"), faults=content("554 DT:SPM 163 smtp8")
    ),
    "qq: login password": Mistake(
        "qqmail", ALL, each(CODE_QQ, "app_password_required", "bad_credentials"), LOGIN_PASSWORD
    ),
    "qq: nothing switched on": Mistake(
        "qqmail", ALL, each(SWITCH_QQ, "app_password_required", "bad_credentials"), trouble="protocol_disabled"
    ),
    "qq: wrong sender": Mistake("qqmail", SMTP, each(SET_SENDER, "sender_mismatch"), own_preset("qqmail")),
    "exmail: login password": Mistake(
        "exmail", ALL, each(CODE_EXMAIL, "app_password_required", "bad_credentials"), LOGIN_PASSWORD
    ),
    "gmail: login password": Mistake("gmail", ALL, each(PASSWORD_GMAIL, "bad_credentials"), LOGIN_PASSWORD),
    "gmail: login password with two steps": Mistake(
        "gmail", ALL, each(PASSWORD_GMAIL, "app_password_required"), trouble="app_password_required"
    ),
    "gmail: never seen in a browser": Mistake(
        "gmail", ALL, each(BROWSER, "web_login_required"), trouble="web_login_required"
    ),
    "gmail: IMAP and POP not switched on": Mistake(
        "gmail", IMAP + POP3, each(SWITCH_ON, "protocol_disabled"), trouble="protocol_disabled"
    ),
    "gmail: too many programs": Mistake(
        "gmail", IMAP, each(FEWER, "too_many_connections"), trouble="too_many_connections"
    ),
    "outlook: any password": Mistake("exchange", ALL, each(SET_OAUTH2, "oauth_required"), ANY_PASSWORD),
    "outlook: IMAP not switched on": Mistake(
        "exchange", IMAP, each(SWITCH_OUTLOOK, "protocol_disabled"), trouble="protocol_disabled"
    ),
    "outlook: SMTP not allowed": Mistake("exchange", SMTP, each(ADMIN, "admin_disabled"), trouble="admin_disabled"),
    "outlook: wrong sender": Mistake(
        "exchange", SMTP, each(SET_SENDER, "sender_mismatch"), OTHER_SENDER, faults=content("554 5.2.252 SendAsDenied")
    ),
    "icloud: login password": Mistake(
        "icloud", NO_POP3, each(PASSWORD_ICLOUD, "app_password_required", "bad_credentials"), LOGIN_PASSWORD
    ),
    "yahoo: login password": Mistake(
        "yahoo", ALL, each(PASSWORD_YAHOO, "app_password_required", "bad_credentials"), LOGIN_PASSWORD
    ),
    "yahoo: too many attempts": Mistake("yahoo", IMAP, each(WAIT, "rate_limited"), trouble="rate_limited"),
    "yahoo-jp: not allowed, or a wrong password": Mistake(
        "yahoo-jp", ALL, each(ALLOW_YAHOO_JP, "bad_credentials"), LOGIN_PASSWORD
    ),
    "yandex: login password": Mistake(
        "yandex", ALL, each(ALLOW_YANDEX, "protocol_disabled", "bad_credentials"), LOGIN_PASSWORD
    ),
    "yandex: IMAP not switched on": Mistake(
        "yandex", ALL, each(ALLOW_YANDEX, "protocol_disabled", "bad_credentials"), trouble="protocol_disabled"
    ),
    "mail.ru: login password": Mistake("mailru", ALL, each(PASSWORD_MAILRU, "app_password_required"), LOGIN_PASSWORD),
    "zoho: login password": Mistake(
        "zoho", ALL, each(PASSWORD_ZOHO, "app_password_required", "bad_credentials"), LOGIN_PASSWORD
    ),
    "zoho: IMAP not switched on": Mistake(
        "zoho", IMAP, each(PASSWORD_ZOHO, "protocol_disabled"), trouble="protocol_disabled"
    ),
    "naver: login password": Mistake("naver", ALL, each(PASSWORD_NAVER, "bad_credentials"), LOGIN_PASSWORD),
    "seznam: login password": Mistake("seznam", ALL, each(PASSWORD_SEZNAM, "bad_credentials"), LOGIN_PASSWORD),
    "aliyun: login password": Mistake("aliyun", ALL, each(PASSWORD_ALIYUN, "bad_credentials"), LOGIN_PASSWORD),
    "aliyun: not allowed": Mistake("aliyun", ALL, each(ADMIN, "admin_disabled"), trouble="admin_disabled"),
    "aliyun: too many attempts": Mistake("aliyun", SMTP, each(WAIT, "rate_limited"), trouble="rate_limited"),
    "aliyun: wrong sender": Mistake("aliyun", SMTP, each(SET_SENDER, "sender_mismatch"), own_preset("aliyun")),
    "aliyun: taken for spam": Mistake(
        "aliyun", SMTP, each(LESS_SPAM, "spam_rejected"), faults=content("554 Reject by content spam")
    ),
    "lark: login password": Mistake("lark", NO_POP3, each(PASSWORD_LARK, "bad_credentials"), LOGIN_PASSWORD),
    "gmx: not allowed, or a wrong password": Mistake(
        "nemesis", ALL, each(ALLOW_GMX, "bad_credentials"), LOGIN_PASSWORD
    ),
    "gmx: too many sign-ins": Mistake("nemesis", POP3, each(WAIT, "rate_limited"), trouble="rate_limited"),
    "rambler: not allowed, or a wrong password": Mistake(
        "rambler", ALL, each(ALLOW_RAMBLER, "bad_credentials"), LOGIN_PASSWORD
    ),
    "mail.de: not allowed, or a wrong password": Mistake(
        "mail-de", NO_POP3, each(ALLOW_MAIL_DE, "bad_credentials"), LOGIN_PASSWORD
    ),
    "proton: login password": Mistake(
        "proton-bridge", NO_POP3, each(PASSWORD_BRIDGE, "bad_credentials"), LOGIN_PASSWORD
    ),
    "proton: locked out": Mistake("proton-bridge", NO_POP3, each(WAIT, "rate_limited"), trouble="rate_limited"),
    "dovecot: wrong password": Mistake("dovecot", ALL, each(WRONG_PASSWORD, "bad_credentials"), LOGIN_PASSWORD),
    "dovecot: too many programs": Mistake(
        "dovecot", IMAP, each(FEWER, "too_many_connections"), trouble="too_many_connections"
    ),
    "dovecot: out of order": Mistake("dovecot", ALL, each(LATER, "temporary"), trouble="temporary"),
    "courier: wrong password": Mistake("courier", ALL, each(WRONG_PASSWORD, "bad_credentials"), LOGIN_PASSWORD),
    "cyrus: wrong password": Mistake("cyrus", ALL, each(WRONG_PASSWORD, "bad_credentials"), LOGIN_PASSWORD),
}
"""By provider and mistake; of Exchange's words for an old token, which differ by what was asked for: test_doctor."""
