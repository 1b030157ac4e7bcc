"""Messages from an app's templates: a text, an HTML, and a block with the subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from jinja2 import Template, TemplateNotFound

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
    subjects = (_subject(template, values) for template in (text, html) if template is not None)
    return Rendered(
        next(filter(None, subjects), ""),
        text.render(values) if text is not None else None,
        _inlined(html.render(values)) if html is not None else None,
    )


def _template(name: str) -> Template | None:
    try:
        return current_app.jinja_env.get_template(name)
    except TemplateNotFound as error:
        if error.name != name:
            raise  # a template that this one includes is missing
        return None


def _subject(template: Template, values: dict[str, Any]) -> str:
    """Return what the block ``subject`` says, on one line."""
    block = template.blocks.get("subject")
    if block is None:
        return ""
    return " ".join("".join(block(template.new_context(values))).split())


def _inlined(html: str) -> str:
    """Move CSS into style attributes where the extra is installed; nothing is loaded from elsewhere."""
    if "<style" not in html.lower():
        return html
    try:
        from css_inline import CSSInliner
    except ImportError:  # the extra 'html' is not installed
        return html
    return str(CSSInliner(load_remote_stylesheets=False, keep_style_tags=True).inline(html))
