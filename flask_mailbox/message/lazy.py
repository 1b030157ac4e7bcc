"""A property that is read once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

Value = TypeVar("Value")


class lazy(Generic[Value]):  # noqa: N801 - used as a decorator
    """Like ``functools.cached_property``, without the lock that it has before Python 3.12.

    That lock belongs to the class: one thread that decodes a large body would hold up all others. Here two threads may
    read the same value at the same time; both get the same, since messages do not change.
    """

    def __init__(self, read: Callable[[Any], Value]) -> None:
        self.read = read
        self.__doc__ = read.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...
    def __get__(self, instance: object | None, owner: type) -> Self | Value:
        if instance is None:
            return self
        value = self.read(instance)
        instance.__dict__[self.name] = value
        return value
