"""Nothing in; outlets whose articles attack whoever stores or shows them: scripts, characters, dates, identities, queries out."""

from tests.hostile.behaviour import Behaviour

TEXTS: list[Behaviour] = []
