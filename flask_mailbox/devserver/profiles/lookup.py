"""Profiles by name: a provider's id or alias, as the catalogue of presets has it, or the family's own name."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import pkgutil
from collections.abc import Mapping
from importlib import import_module

from ...errors import ConfigurationError
from ...providers import Provider, shipped
from . import families
from .profile import STANDARD, Profile

GENERIC = "generic"


@functools.cache
def profiles() -> Mapping[str, Profile]:
    """Return every profile by its name: the ``PROFILE`` of each file in ``families``, and the standard server."""
    modules = (import_module(f"{families.__name__}.{found.name}") for found in pkgutil.iter_modules(families.__path__))
    return {profile.name: profile for profile in (STANDARD, *(module.PROFILE for module in modules))}


def profile_for(name: str | Profile | None) -> Profile:
    """Return the profile of a provider (``163``), or of a family (``coremail``); ``None`` is the standard server.

    A profile stands for itself. A provider's own profile comes before that of its family; providers of no special
    family run the standard server. Users sign in with the form of their address that the provider wants.

    :raises ValueError: If there is no such profile.
    """
    if name is None:
        return STANDARD
    if isinstance(name, Profile):
        return name
    wanted = name.strip().lower()
    provider = _provider(wanted)
    if provider is not None:
        return _with_usernames(profiles().get(provider.id) or profiles()[_family(provider.family)], provider)
    if _family(wanted) in profiles():
        return profiles()[_family(wanted)]
    near = difflib.get_close_matches(wanted, profiles(), n=1)
    suggestion = f"Did you mean '{near[0]}'? " if near else ""
    raise ValueError(
        f"No profile '{name}'. {suggestion}Use a provider's name, or one of: {', '.join(sorted(profiles()))}."
    )


def _family(name: str) -> str:
    return STANDARD.name if name == GENERIC else name


def _provider(name: str) -> Provider | None:
    try:
        return shipped().get(name)
    except ConfigurationError:
        return None


def _with_usernames(profile: Profile, provider: Provider) -> Profile:
    wanted = " ".join((provider.username, *provider.usernames.values()))
    forms = tuple(form for form in ("full", "local") if form in wanted) or profile.usernames
    return profile if forms == profile.usernames else dataclasses.replace(profile, usernames=forms)
