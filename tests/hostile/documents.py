"""Nothing in; outlets whose documents attack the parsers: bombs, entities, inclusions, freezes out."""

from tests.hostile.behaviour import Behaviour

DOCUMENTS: list[Behaviour] = []
