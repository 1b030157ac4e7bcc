"""Messages from an app's templates: a text, an HTML, and a block with the subject."""

from __future__ import annotations

import html as html_module
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from jinja2 import Template, TemplateNotFound
from jinja2.runtime import Context

from ..errors import MessageError


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the templates of one message gave."""

    subject: str
    text: str | None
    html: str | None


def render_message(name: str, context: Mapping[str, Any]) -> Rendered:
    """Render ``name.txt`` and ``name.html`` with the app's Jinja environment.

    :raises MessageError: If there is neither.
    """
    values = dict(context)
    current_app.update_template_context(values)
    text, html = (_template(f"{name}.{kind}") for kind in ("txt", "html"))
    if text is None and html is None:
        raise MessageError(f"There is neither a template '{name}.txt' nor '{name}.html'.", field="template")
    text_subject, text_body = _rendered(text, values)
    html_subject, html_body = _rendered(html, values)
    subject = text_subject or html_module.unescape(html_subject)
    return Rendered(
        " ".join(subject.split()),
        text_body.lstrip("\r\n") if text is not None else None,
        _inlined(html_body) if html is not None else None,
    )


def _template(name: str) -> Template | None:
    try:
        return current_app.jinja_env.get_template(name)
    except TemplateNotFound as error:
        if error.name != name:
            raise  # a template that this one includes is missing
        return None


def _rendered(template: Template | None, values: dict[str, Any]) -> tuple[str, str]:
    """Return what the block ``subject`` says, and all that stands around it."""
    if template is None:
        return "", ""
    subjects: list[str] = []
    context = template.new_context(values)

    def take(inner: Context) -> Iterator[str]:
        """Stand where the block stands: keep what it says and leave nothing; ``self.subject()`` may repeat it."""
        said = "".join(inner.blocks["subject"][1](inner))
        if subjects:
            return iter((said,))
        subjects.append(said)
        return iter(())

    try:
        written = context.blocks.get("subject", [])
        context.blocks["subject"] = [take, *written]
        body = "".join(template.root_render_func(context))
        if written and not subjects:  # a template that this one extends need not have a place for it
            take(context)
    except Exception:
        template.environment.handle_exception()  # tells the template's own lines, as render does
    return "".join(subjects), body


def _inlined(html: str) -> str:
    """Move CSS into style attributes where the extra is installed; nothing is loaded from elsewhere."""
    if "<style" not in html.lower():
        return html
    try:
        from css_inline import CSSInliner
    except ImportError:  # the extra 'html' is not installed
        return html
    return str(CSSInliner(load_remote_stylesheets=False, keep_style_tags=True).inline(html))
