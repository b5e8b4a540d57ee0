"""Names for runs that were given none, chosen here so that a run has its name while the server is away."""

from __future__ import annotations

import secrets

_ADJECTIVES = (
    "amber bold brisk calm clear crisp deep eager early fair fine fleet fresh gentle glad golden grand keen kind light lively "
    "lucid mellow merry mild neat noble odd pale plain proud quick quiet rapid ready sharp silent smooth steady still swift "
    "tidy vivid warm wide wise"
).split()
_ANIMALS = (
    "badger bat bear beaver bison boar crane crow deer dove eagle egret elk falcon ferret finch fox gannet goose grouse gull "
    "hare hawk heron ibis jay kestrel kite lark lynx marten mole moose newt otter owl perch pike plover quail raven robin "
    "seal shrew stork swan tern thrush trout vole weasel wren"
).split()


def random_run_name() -> str:
    """Two words and a number, like ``calm-otter-12``."""
    return f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_ANIMALS)}-{secrets.randbelow(90) + 10}"
