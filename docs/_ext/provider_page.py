"""Write the tables of the providers page from the presets, so that adding a provider touches one file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from flask_mailbox.account import Protocol
from flask_mailbox.providers import Provider, ProviderEndpoint, shipped

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGE = "reference/providers"
MARK = "<!-- the presets -->"

REGIONS = {
    "CN": "China",
    "INT": "International",
    "AU": "Australia",
    "BE": "Belgium",
    "BR": "Brazil",
    "CA": "Canada",
    "CH": "Switzerland",
    "CZ": "Czechia",
    "DE": "Germany",
    "ES": "Spain",
    "EU": "European Union",
    "FR": "France",
    "GB": "United Kingdom",
    "IN": "India",
    "IT": "Italy",
    "JP": "Japan",
    "KR": "Korea",
    "NL": "Netherlands",
    "NZ": "New Zealand",
    "PL": "Poland",
    "PT": "Portugal",
    "RU": "Russia",
    "UA": "Ukraine",
    "US": "United States",
    "LOCAL": "On your own machine",
}
"""The page's sections in order; a region that is not named here follows under its own code."""

METHODS = {
    "password": "password",
    "app_password": "app password",
    "oauth2": "OAuth2",
    "none": "nothing",
}
SCHEMES = {"tls": "{0}s", "starttls": "{0}+starttls", "none": "{0}"}


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx to put the presets where the page has its mark."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True}


def _fill(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == PAGE:
        source[0] = source[0].replace(MARK, "\n".join(page(shipped().all())))


def page(providers: Iterable[Provider]) -> Iterator[str]:
    """Yield the lines of the page: for each region a table, then what is known of each provider."""
    by_region: dict[str, list[Provider]] = {}
    for provider in providers:
        by_region.setdefault(provider.region, []).append(provider)
    for region in sorted(by_region, key=_place):
        found = sorted(by_region[region], key=lambda provider: provider.name.lower())
        yield f"\n## {REGIONS.get(region, region)}\n"
        yield "| provider | write | protocols | sign in with | servers are |"
        yield "|---|---|---|---|---|"
        yield from map(_row, found)
        for provider in found:
            yield from _section(provider)


def _place(region: str) -> tuple[int, str]:
    order = list(REGIONS)
    return (order.index(region) if region in order else len(order), region)


def _row(provider: Provider) -> str:
    offered = ", ".join(str(protocol).upper() for protocol in Protocol if provider.endpoints(protocol)) or "none"
    name = f"[{text(provider.name)}](#provider-{provider.id})"
    return f"| {name} | {code(short_name(provider))} | {offered} | {_methods(provider)} | {provider.evidence} |"


def _section(provider: Provider) -> Iterator[str]:
    yield f"\n(provider-{provider.id})="
    yield f"### {text(provider.name)}\n"
    if provider.status != "ok":
        yield "**No mail program can sign in here.**\n"
    yield f"- Write: {codes((short_name(provider), *_other_names(provider)))}"
    if provider.domains:
        yield f"- Addresses: {codes(f'@{domain}' for domain in provider.domains)}"
    for protocol in Protocol:
        if provider.endpoints(protocol):
            yield f"- {str(protocol).upper()}: {_servers(protocol, provider.endpoints(protocol))}"
    for domain, endpoints in provider.domain_overrides.items():
        servers = [_servers(protocol, found) for protocol, found in endpoints.items() if found]
        yield f"- For {code('@' + domain)}: {', '.join(servers) or 'no servers'}"
    named = f" ({text(provider.credential_name)})" if provider.credential_name else ""
    yield f"- Sign in with: {_methods(provider)}{named}; the user name is {_username(provider)}"
    yield f"- First: {text(provider.help)}"
    if provider.help_zh:
        named = f"（登录凭据：{text(provider.credential_name_zh)}）" if provider.credential_name_zh else ""
        yield f"- 先做：{text(provider.help_zh)}{named}"
    yield f"- The servers are **{provider.evidence}**."
    yield from _listed("Not verified", provider.unverified)
    yield from _listed("Sources disagree", provider.disagreements)
    yield from _listed("Limits", (f"{limit.key}: {limit.value} ({limit.status})" for limit in provider.limits))
    yield from _listed("Notes", provider.notes)


def _listed(title: str, sentences: Iterable[str]) -> Iterator[str]:
    items = list(sentences)
    if len(items) == 1:
        yield f"- {title}: {text(items[0])}"
    elif items:
        yield f"- {title}:"
        yield from (f"  - {text(item)}" for item in items)


def short_name(provider: Provider) -> str:
    """Return the name that people type: the id if it is one word, else the first alias."""
    return provider.aliases[0] if "-" in provider.id and provider.aliases else provider.id


def _other_names(provider: Provider) -> list[str]:
    return [name for name in (provider.id, *provider.aliases) if name != short_name(provider)]


def _servers(protocol: Protocol, endpoints: Iterable[ProviderEndpoint]) -> str:
    return codes(f"{SCHEMES[each.security].format(protocol)}://{each.host}:{each.port}" for each in endpoints)


def _methods(provider: Provider) -> str:
    return " or ".join(METHODS[method] for method in provider.auth_methods)


def _username(provider: Provider) -> str:
    others = [f"for {protocol.upper()} {_form(form)}" for protocol, form in provider.usernames.items()]
    return "; ".join((_form(provider.username), *others))


def _form(form: str) -> str:
    if form.startswith("fixed:"):
        return code(form.removeprefix("fixed:"))
    return {
        "full": "the whole address",
        "full_or_local": "the whole address (or what stands before the @)",
        "local": "what stands before the @",
        "local_or_full": "what stands before the @ (or the whole address)",
    }.get(form, "the account's own")


def text(words: str) -> str:
    """Return words as Markdown that shows just them, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>|#$~])", r"\\\1", " ".join(words.split()))


def code(words: str) -> str:
    """Return words in the type of code."""
    return f"`{words}`"


def codes(words: Iterable[str]) -> str:
    """Return several words in the type of code, with commas."""
    return ", ".join(map(code, words))
