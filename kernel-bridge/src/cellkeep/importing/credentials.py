"""Credentials in the address of a source: given to its client, and kept out of all that is said about it."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote, unquote_plus

_HTTP = re.compile(r"(https?://)([^/?#@]*)@([^@]*)", re.IGNORECASE)
_AFTER_USER = re.compile(r"[A-Za-z][\w+.-]*://[^:/?#@]*:(.*)@", re.DOTALL)
_IN_QUERY = re.compile(r"[?&](?:password|passwd|pwd|sslpassword|token|odbc_connect)=([^&#]+)", re.IGNORECASE)
#: Shorter passwords are taken for words of the sentence unless they stand as in an address.
_SHORT = 3
_MASK = "***"


def apart(address: str) -> tuple[str, str, str]:
    """An ``http`` address without user and password, the user, and the password; any other address comes back as it is.

    Examples
    --------
    >>> apart("https://me:p%40ss@host:5000/mlflow")
    ('https://host:5000/mlflow', 'me', 'p@ss')
    >>> apart("postgresql://me:pass@host/mlflow")
    ('postgresql://me:pass@host/mlflow', '', '')
    """
    found = _HTTP.fullmatch(address)
    if found is None:
        return address, "", ""
    user, _, password = found[2].partition(":")
    return found[1] + found[3], unquote(user), unquote(password)


@contextlib.contextmanager
def signed_in(address: str) -> Iterator[str]:
    """The address to give to MLflow's client, which has user and password from its environment variables meanwhile.

    Its exceptions and its log name the address that it was given.
    """
    bare, user, password = apart(address)
    if not user or not password:  # a user alone is no credential to its variables
        yield address
        return
    told = {"MLFLOW_TRACKING_USERNAME": user, "MLFLOW_TRACKING_PASSWORD": password}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield bare
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def shown(address: str) -> str:
    """The address for people: without its password.

    Examples
    --------
    >>> shown("postgresql://me:pass@host/mlflow")
    'postgresql://me:***@host/mlflow'
    """
    for start, end in sorted(_places(address), reverse=True):
        address = address[:start] + _MASK + address[end:]
    return address


def masked(text: str, address: str) -> str:
    """The text without the password that the address holds, also where it stands decoded or without the address.

    Examples
    --------
    >>> masked("cannot parse postgresql://me:p%40ss@host/db, password 'p@ss'", "postgresql://me:p%40ss@host/db")
    "cannot parse postgresql://me:***@host/db, password '***'"
    """
    secrets = _secrets(address)

    def without(piece: str) -> str:
        for secret in secrets:
            if len(secret) > _SHORT:
                piece = piece.replace(secret, _MASK)
            else:
                piece = re.sub(f"(?<=[:=/]){re.escape(secret)}(?=[@&#\"'\\s]|$)", _MASK, piece)
        return piece

    return shown(address).join(map(without, text.split(address))) if address else text


def _places(address: str) -> list[tuple[int, int]]:
    """Where the address holds what nobody is to see; with an ``@`` after that of the host rather too much of it."""
    found = [match.span(1) for match in _IN_QUERY.finditer(address)]
    after = _AFTER_USER.match(address)
    if after is not None:
        end = after.end(1)
        return [after.span(1), *(place for place in found if place[0] > end)]
    alone = _HTTP.fullmatch(address)
    return [*found, alone.span(2)] if alone is not None else found  # a user alone is a token, as some services have it


def _secrets(address: str) -> list[str]:
    """All that a parser may take for the password, the longest first: they disagree where one with an unescaped ``@`` ends."""
    found = {address[start:end] for start, end in _places(address)}
    found |= set(_IN_QUERY.findall(address))
    after = _AFTER_USER.match(address)
    if after is not None:
        pieces = after[1].split("@")
        found |= {"@".join(pieces[:end]) for end in range(1, len(pieces))}
        found |= set(after[1].partition("/")[0].split("@"))
    forms = {form for secret in found for form in (secret, unquote(secret), unquote_plus(secret), quote(unquote(secret), safe=""))}
    return sorted(forms - {""}, key=lambda form: (-len(form), form))
