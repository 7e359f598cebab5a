"""Nothing in; outlets whose articles attack whoever stores or shows them: scripts, characters, dates, identities, queries out."""

from tests.hostile.behaviour import Behaviour
from tests.hostile.texts_characters import CHARACTERS
from tests.hostile.texts_dates import DATED
from tests.hostile.texts_identity import IDENTITIES
from tests.hostile.texts_scripts import SCRIPTS
from tests.hostile.texts_storage import STORAGE

TEXTS: list[Behaviour] = [*SCRIPTS, *CHARACTERS, *DATED, *IDENTITIES, *STORAGE]
