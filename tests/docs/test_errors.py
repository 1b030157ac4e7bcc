"""The page on errors has every class, and every category with its advice in both languages."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files

import pytest

from flask_mailbox import errors
from flask_mailbox.blueprints.problems import KINDS
from flask_mailbox.providers import hint_for

from .blocks import ROOT, pages
from .written import assert_written

PAGE = "docs/reference/errors.md"
DATA = files("flask_mailbox.providers") / "data"
HINTS = tomllib.loads((DATA / "hints.toml").read_text("utf-8"))
TEXTS = tomllib.loads((DATA / "errors.toml").read_text("utf-8"))

WITHOUT_HINT = {
    "all_or_nothing": "somebody else was refused, and `all_or_nothing` was asked for",
    "connection_lost": "the connection ended before this recipient was answered",
    "mechanism_missing": "the server offers no way to sign in with a token",
    "syntax": "the server did not understand a command, or takes it in another form",
    "token_refused": "the mail server, or the token server, refused a token and did not say why",
    "token_url": "what answers under `token_url` is no token endpoint",
}
"""What categories mean that have no advice in general; each error brings its own."""


def classes() -> list[type[errors.MailboxError]]:
    """Return our errors in the order of their file."""
    found = [each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, errors.MailboxError)]
    return sorted(found, key=lambda each: inspect.getsourcelines(each)[1])


def class_table() -> str:
    """Return which error is a kind of which, what the JSON API answers, and whether another try may help."""
    rows = ["| error | is a | JSON API | may pass |", "|---|---|---|---|"]
    for each in classes():
        kind = next(KINDS[parent] for parent in each.__mro__ if parent in KINDS)  # type: ignore[index]
        parents = ", ".join(f"`{base.__name__}`" for base in each.__bases__)
        passes = {True: "yes", False: "no", None: ""}[getattr(each, "transient", None)]
        rows.append(f"| `{each.__name__}` | {parents} | {kind.status} `{kind.code}` | {passes} |")
    return "\n".join(rows)


def category_table() -> str:
    """Return the advice of every category."""
    rows = ["| category | what to do | 怎么办 |", "|---|---|---|"]
    rows += [f"| `{each}` | {hint_for(each)} | {hint_for(each, language='zh')} |" for each in sorted(HINTS)]
    rows += [f"| `{each}` | {meaning} |  |" for each, meaning in WITHOUT_HINT.items()]
    return "\n".join(rows)


@pytest.mark.parametrize(("part", "table"), [("classes", class_table()), ("categories", category_table())])
def test_the_page_has_the_table(part: str, table: str) -> None:
    assert_written(PAGE, part, f"\n{table}\n\n")


def test_every_category_is_explained() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "flask_mailbox").rglob("*.py")]
    in_code = {text for source in sources for node in ast.walk(ast.parse(source)) for text in categories(node)}
    used = in_code | {each["category"] for each in TEXTS.values()}

    assert used <= HINTS.keys() | WITHOUT_HINT.keys()
    assert WITHOUT_HINT.keys() <= used


def categories(node: ast.AST) -> Iterator[str]:
    """Yield the texts that a piece of code gives as a category."""
    given: list[ast.expr] = []
    if isinstance(node, ast.keyword) and node.arg == "category":
        given = [node.value]
    elif isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        given = [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "category"]
    for value in given:
        chosen = (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
        yield from (each.value for each in chosen if isinstance(each, ast.Constant) and isinstance(each.value, str))


def test_every_error_that_a_page_names_exists() -> None:
    ours = {each.__name__ for each in classes()} | {"BadHeaderError"}
    named = {name for page in pages() for name in re.findall(r"\b[A-Z]\w+Error\b", (ROOT / page).read_text("utf-8"))}

    assert {name for name in named - ours if not hasattr(builtins, name)} == set()
