"""What looks like a secret: by the name that it goes by, by a known form, or because it is as random as only a secret is.

Wrongly taken for a secret, a value is missing from a snapshot; wrongly taken for none, it is on a server for good. So in doubt it is one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

REDACTED = "[redacted]"

#: Words of names. Those that also begin or end other words (KEYBOARD, AUTHOR) must stand alone between separators.
_NAMES = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|COOKIE|APIKEY|API_KEY|ACCESS_KEY|PRIVATE|SIGNATURE|BEARER|SESSION_?ID|NETRC|WEBHOOK"
    r"|(^|[^A-Z])(PASS|PWD|KEYS?|AUTH|AUTHORIZATION|OAUTH\w*|SAS|DSN|PAT|CONN(ECTION)?_?STR(ING)?|CERT)([^A-Z]|$)"
    r"|(_|^)[A-Z0-9]*KEY$"
)
_FORMS = re.compile(
    r"""
      \b(AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{12,}        # AWS access keys
    | \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_\w{20,}   # GitHub
    | \bglpat-[\w-]{15,}                                    # GitLab
    | \bxox[abeoprs]-[\w-]{8,}                              # Slack
    | \bsk-[A-Za-z0-9_-]{16,} | \b[rsp]k_(live|test)_\w{8,} # OpenAI, Stripe
    | \bhf_[A-Za-z0-9]{16,} | \bwandb_v1_\w+                # Hugging Face, W&B
    | \bAIza[\w-]{30,} | \bya29\.[\w-]+                     # Google
    | \bnpm_[A-Za-z0-9]{20,} | \bpypi-[\w-]{16,}            # registries
    | \beyJ[\w-]{8,}\.[\w-]{4,}(\.[\w-]*)?                  # JSON Web Tokens
    | -----BEGIN\ [A-Z ]*(PRIVATE\ KEY|CERTIFICATE)         # PEM
    | \b[\w.+-]{1,64}:[^\s/@:]{3,128}@[\w.-]+               # me:password@host, without a scheme
    | \b(?i:bearer|basic)\s+[A-Za-z0-9+/=_.~-]{8,}
    | (?i:(pass(word|wd|phrase)?|pwd|secret|token|api_?key|auth|credentials?|sig(nature)?|account_?key|shared_?access_?key)
        \s*[=:]\s*[^\s&;,]{3,})
    """,
    re.VERBOSE,
)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")
_RUN = re.compile(r"[A-Za-z0-9+_=-]{20,}")
#: base64 may hold / and +, tokens of some makers have dots; what begins as a path does is none.
_DOTTED = re.compile(r"(?<![\w/.~])[A-Za-z0-9+][A-Za-z0-9+/_=.-]{19,}")
_HEX = re.compile(r"[0-9a-fA-F-]+")
_DEVICE = re.compile(r"(GPU|MIG)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
#: Bits a character. English words joined by _ or - reach 3.7 at this length; 20 random letters and digits hardly ever stay below 3.8.
_RANDOM = 3.8
_RANDOM_HEX = 3.0


def is_secret_name(name: str) -> bool:
    """Whether a thing of this name is a secret, or may hold one.

    Examples
    --------
    >>> [name for name in ("AWS_SECRET_ACCESS_KEY", "MLFLOW_TRACKING_TOKEN", "SSHKEY", "PYTHONPATH") if is_secret_name(name)]
    ['AWS_SECRET_ACCESS_KEY', 'MLFLOW_TRACKING_TOKEN', 'SSHKEY']
    """
    return _NAMES.search(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper().replace("-", "_")) is not None


def is_secret_value(value: str) -> bool:
    """Whether a text holds a secret: a known form, a URL with a password, or a run of characters too random to be a word.

    Examples
    --------
    >>> is_secret_value("postgres://me:hunter2@db/flights"), is_secret_value("/home/me/flights/.venv/bin:/usr/local/bin")
    (True, False)
    """
    if _FORMS.search(value) or any(_has_credentials(url) for url in _URL.findall(value)):
        return True
    rest = _DEVICE.sub("", value)
    if any(is_random(run) for run in _RUN.findall(rest)):
        return True
    return any(is_random(re.sub(r"[/.]", "", run)) for run in _DOTTED.findall(rest) if "/" in run or "." in run)


def _has_credentials(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.password) or (bool(parts.username) and is_random(parts.username or "")) or "@" in parts.netloc
    except ValueError:
        return True  # an address that cannot be read is not passed on


def is_random(text: str) -> bool:
    """Whether a run of letters and digits is as random as a key (Shannon entropy of its characters).

    Examples
    --------
    >>> is_random("9f86d081884c7d659a2feaa0c55ad015"), is_random("experiment_with_forests_2026")
    (True, False)
    """
    if len(text) < 20:
        return False
    if _HEX.fullmatch(text):
        digits = text.replace("-", "")
        return len(digits) >= 24 and entropy(digits.lower()) > _RANDOM_HEX and not digits.isdigit()
    has_all = re.search(r"[0-9]", text) and re.search(r"[A-Za-z]", text)
    mixed = re.search(r"[a-z][A-Z]|[A-Z][a-z]*[A-Z]", text)
    return bool(has_all or mixed) and entropy(text) > _RANDOM and _words(text) < 0.6


def _words(text: str) -> float:
    """Share of a text that is made of words: runs of four and more letters of one case, perhaps capitalised."""
    return sum(len(word) for word in re.findall(r"(?<![A-Za-z])(?:[A-Z]?[a-z]{3,}|[A-Z]{4,})(?![a-z])|[A-Z][a-z]{3,}", text)) / len(text)


def entropy(text: str) -> float:
    """Bits a character: Shannon's entropy of the characters' frequencies (Shannon 1948, section 6)."""
    count = len(text)
    return -sum(n / count * math.log2(n / count) for n in Counter(text).values()) if count else 0.0


def without_secrets(words: Sequence[str]) -> list[str]:
    """A command line, each word that is or may be a secret replaced.

    Examples
    --------
    >>> without_secrets(["train.py", "--api-key", "abc", "--token=xyz", "--depth", "6"])
    ['train.py', '--api-key', '[redacted]', '--token=[redacted]', '--depth', '6']
    """
    kept: list[str] = []
    hide_next = False
    for word in words:
        option, sign, value = word.partition("=")
        is_option = option.startswith("-")
        if hide_next and not is_option:
            # -p is a password for some programs and a port for others.
            kept.append(word if kept[-1] == "-p" and word.isdigit() else REDACTED)
            hide_next = False
            continue
        hide_next = is_option and not sign and (is_secret_name(option.lstrip("-")) or option == "-p")
        if sign and (is_secret_name(option.lstrip("-")) or is_secret_value(value)):
            kept.append(f"{option}={REDACTED}" if not is_secret_value(option) else REDACTED)
        else:
            kept.append(REDACTED if is_secret_value(word) else word)
    return kept
