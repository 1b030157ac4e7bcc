"""All presets: found by id, alias or the domain of an address; an app may add its own."""

from __future__ import annotations

import difflib
import functools
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from ..errors import ConfigurationError
from .provider import Provider
from .reader import read_provider


class Registry:
    """Presets by every name they have.

    :param providers: A later one replaces an earlier one of the same id, and its names and domains win.
    """

    def __init__(self, providers: Iterable[Provider]) -> None:
        self._by_id: dict[str, Provider] = {}
        for provider in providers:
            self._by_id.pop(provider.id, None)
            self._by_id[provider.id] = provider
        self._by_name: dict[str, Provider] = {}
        self._by_domain: dict[str, Provider] = {}
        for provider in self._by_id.values():
            for name in (provider.id, *provider.aliases):
                self._by_name[name.lower()] = provider
            for domain in (*provider.domains, *provider.domain_overrides):
                self._by_domain[domain] = provider

    def get(self, name: str) -> Provider:
        """Return the provider of an id or alias, in either case of letters.

        :raises ConfigurationError: If there is none; it names the nearest ones.
        """
        found = self._by_name.get(name.strip().lower())
        if found is None:
            raise ConfigurationError(f"No provider '{name}'. {self._suggestion(name)}See 'flask mailbox providers'.")
        return found

    def for_address(self, address: str) -> Provider | None:
        """Return the provider that an address's domain belongs to, or ``None``; no network is asked."""
        return self._by_domain.get(address.rpartition("@")[2].strip().lower())

    def search(self, text: str) -> tuple[Provider, ...]:
        """Return the providers whose name, id, alias or domain contains a text."""
        wanted = text.strip().lower()
        return tuple(
            provider
            for provider in self.all()
            if any(
                wanted in name.lower() for name in (provider.id, provider.name, *provider.aliases, *provider.domains)
            )
        )

    def all(self) -> tuple[Provider, ...]:
        """Return every provider, by id."""
        return tuple(self._by_id[name] for name in sorted(self._by_id))

    def with_own(self, own: Mapping[str, Any]) -> Registry:
        """Return a registry that has an app's own presets too.

        :param own: By id, each a mapping in the format of the data files (the id may be left out).
        :raises ConfigurationError: With all mistakes at once.
        """
        problems: list[str] = []
        read: list[Provider] = []
        for name, data in own.items():
            if not isinstance(data, Mapping):
                problems.append(f"MAILBOX_PROVIDERS['{name}'] takes a mapping in the format of a preset.")
                continue
            if data.get("id", name) != name:
                problems.append(f"MAILBOX_PROVIDERS['{name}'] has another 'id': leave it out, the key is the id.")
                continue
            try:
                read.append(read_provider({"id": name, **data}, where=f"MAILBOX_PROVIDERS['{name}']"))
            except ConfigurationError as error:
                problems += error.problems
        if problems:
            raise ConfigurationError(problems)
        return Registry([*self._by_id.values(), *read])

    def _suggestion(self, name: str) -> str:
        near = difflib.get_close_matches(name.strip().lower(), self._by_name, n=1, cutoff=0.6)
        return f"Did you mean '{near[0]}'? " if near else ""


@functools.cache
def shipped() -> Registry:
    """Return the registry of the presets that come with the package, read once a process."""
    folder = files(__package__) / "data" / "presets"
    return Registry(
        read_provider(tomllib.loads(file.read_text("utf-8")), where=file.name)
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if file.name.endswith(".toml")
    )
