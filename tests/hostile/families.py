"""Nothing in; every hostile outlet, in families that are crawled together, out."""

from tests.hostile.addresses import ADDRESSES
from tests.hostile.behaviour import Behaviour
from tests.hostile.documents import DOCUMENTS
from tests.hostile.documents_pages import PAGES
from tests.hostile.documents_values import VALUES
from tests.hostile.hostnames import HOSTNAMES
from tests.hostile.texts import TEXTS
from tests.hostile.transport import TRANSPORT
from tests.hostile.transport_keys import TRANSPORT_KEYS
from tests.hostile.transport_more import TRANSPORT_MORE
from tests.hostile.transport_slow import TRANSPORT_SLOW

FAMILIES: dict[str, list[Behaviour]] = {
    "addresses": [*ADDRESSES, *HOSTNAMES],
    "transport": TRANSPORT,
    "keys": [*TRANSPORT_KEYS, *TRANSPORT_MORE],
    "delays": TRANSPORT_SLOW,
    "documents": DOCUMENTS,
    "pages": [*PAGES, *VALUES],
    "texts": TEXTS,
}
BEHAVIOURS = {behaviour.name: behaviour for family in FAMILIES.values() for behaviour in family}
