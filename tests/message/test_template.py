"""Messages from an app's templates: subject, text and HTML, each from its place."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest
from flask import Flask

from flask_mailbox import Message, MessageError

ANN, BOB = "Ann <ann@example.com>", "bob@example.org"


@pytest.fixture
def templates(tmp_path: Path) -> Flask:
    """An app with the templates of some messages."""
    host = Flask("host", template_folder=str(tmp_path))
    files = {
        "welcome.txt": "{% block subject %}Welcome, {{ name }}!\n{% endblock %}\n\nHello {{ name }}",
        "welcome.html": "<style>p { color: red }</style><p>Hello {{ name }}</p>",
        "broken.txt": "{% include 'missing.txt' %}",
        "base.html": "<title>{% block subject %}Shop{% endblock %}</title><h1>{{ self.subject() }}</h1>"
        "{% block content %}{% endblock %}",
        "bill.html": "{% extends 'base.html' %}{% block subject %}{{ super() }}: {{ name }}{% endblock %}"
        "{% block content %}<p>Pay</p>{% endblock %}",
        "plain.html": "{% extends 'base.html' %}{% block content %}<p>Hi</p>{% endblock %}",
        "frame.txt": "Dear all\n{% block content %}{% endblock %}",
        "news.txt": "{% extends 'frame.txt' %}{% block subject %}News{% endblock %}{% block content %}x{% endblock %}",
        "failing.txt": "{{ 1 / 0 }}",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return host


def rendered(templates: Flask, template: str, name: str = "<Ann>") -> Message:
    with templates.app_context():
        return Message.from_template(template, context={"name": name}, recipients=[BOB], sender=ANN)


def test_a_template_gives_subject_text_and_html_with_its_css_inlined(templates: Flask) -> None:
    made = rendered(templates, "welcome")

    assert made.subject == "Welcome, <Ann>!"
    assert made.body == "Hello <Ann>"
    assert "&lt;Ann&gt;" in (made.html or "")
    assert re.search(r'<p style="color:\s*red', made.html or "")


def test_a_subject_in_html_is_no_html(templates: Flask) -> None:
    made = rendered(templates, "bill", name="Tom & Jerry <x>")

    assert made.subject == "Shop: Tom & Jerry <x>"
    assert made.html == "<title></title><h1>Shop: Tom &amp; Jerry &lt;x&gt;</h1><p>Pay</p>"


def test_a_subject_comes_from_the_extended_template_too(templates: Flask) -> None:
    assert rendered(templates, "plain").subject == "Shop"


def test_the_extended_template_needs_no_place_for_the_subject(templates: Flask) -> None:
    made = rendered(templates, "news")

    assert (made.subject, made.body) == ("News", "Dear all\nx")


def test_a_subject_given_beside_the_template_wins(templates: Flask) -> None:
    with templates.app_context():
        assert Message.from_template("welcome", subject="Mine").subject == "Mine"


def test_a_template_that_is_not_there_is_named(templates: Flask) -> None:
    with pytest.raises(MessageError, match=r"neither a template 'nothing\.txt'"):
        rendered(templates, "nothing")


@pytest.mark.parametrize(("name", "error"), [("broken", jinja2.TemplateNotFound), ("failing", ZeroDivisionError)])
def test_a_mistake_in_a_template_is_not_hidden(templates: Flask, name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        rendered(templates, name)


def test_a_line_break_in_a_templates_subject_injects_nothing(templates: Flask) -> None:
    made = rendered(templates, "welcome", name="x\r\nBcc: evil@x.org")

    assert made.subject == "Welcome, x Bcc: evil@x.org!"
    assert b"\r\nBcc" not in made.build().split(b"\r\n\r\n")[0]
