"""What a feed shows, and what its hub and webhooks were told of it, in; what they are to be told now out."""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlencode

from syndicate.channel import PATHS, Channel, channel, stamp
from syndicate.item import Item
from syndicate.render import json_feed
from tickerwire.config import Config, FeedSpec
from tickerwire.model import Article, FeedState

Items = tuple[Item, ...]
Both = tuple[dict[str, str], dict[str, list[str]]]
MEMORY = 1_000  # items, twice the longest feed: what left it is no news when it comes back


def targets(config: Config, feed: FeedSpec) -> dict[str, tuple[str, str]]:
    """Whom `feed` tells, by a name that holds no secret: the address to post to, and the secret to sign with. A hub is told of each
    address by itself: WebSub section 7 leaves open how, and some hubs (Switchboard) read one at a time."""
    hub, base = config.publish.hub, config.site.base_url
    paths = [PATHS[kind].format(feed.id) for kind in feed.formats if hub and kind != "ticker"]
    hooks = {f"hook:{sha256(hook.url.encode()).hexdigest()[:16]}": (hook.url, hook.secret) for hook in feed.webhooks}
    return {f"hub:{base}/{path}": (hub, "") for path in paths} | hooks


def notices(
    config: Config, feed: FeedSpec, was: FeedState, items: Items, old: set[int], taken: list[Article], now: datetime, fresh: bool
) -> Both:
    """What is known to those whom a feed tells once it shows `items`: what it shows and what left it last; and what it has to say, by
    target. What a source listed when it was first read (`old`) is no news: webhooks never hear of it, and a change that brings
    nothing else is no ping. Of a feed that had nobody to tell, all it showed is known.

    Pings are for a `fresh` render. What was `taken` down since a webhook was told of it, is told, too, and is news when it is back. A
    webhook that came later has in `told`, under its name, the ids that it never heard of."""
    before = {id_: edited for id_, edited in was.told.items() if id_.isdecimal()} or dict.fromkeys(map(str, was.items), "")
    news = {str(each.id): stamp(each.updated) for each in items if each.id not in old}
    gone = {str(one.id): one for one in taken if before.get(str(one.id))}
    known = {id_: edited for id_, edited in before.items() if id_ not in news.keys() | gone.keys()} | news
    new = tuple(each for each in items if str(each.id) in news.keys() - before.keys())
    changed = tuple(each for each in items if "" < before.get(str(each.id), "") < news.get(str(each.id), ""))
    added = {each.id for each in items}.difference(was.items)
    about = channel(feed, config.site, "", ())
    both = (("new", new), ("changed", changed)) if feed.webhooks else ()
    lists = {name: json.loads(json_feed(about, some))["items"] for name, some in both}
    updated = [_event("feed.updated", about, now, lists)] if feed.webhooks and (new or changed) else []
    said: dict[str, list[str]] = {}
    unheard: dict[str, str] = {}
    for to, (_, secret) in targets(config, feed).items():
        if not secret:
            ping = {"hub.mode": "publish", "hub.topic": to[4:], "hub.url": to[4:]}  # hubs ask for the one or for the other
            said[to] = [urlencode(ping)] if fresh and (new or changed or not added or added.difference(old)) else []
            continue
        deaf = set(was.told.get(to, " ".join(before)).split()).difference(str(each.id) for each in (*new, *changed))
        # enough to find the articles again, and the desk's word: "hidden" or "withdrawn"
        left = [{"id": one.guid, "url": one.url, "state": one.desk} for id_, one in gone.items() if id_ not in deaf]
        said[to] = updated + ([_event("feed.withdrawn", about, now, {"withdrawn": left})] if left else [])
        unheard[to] = " ".join(sorted(deaf & known.keys()))
    return dict([*known.items()][-MEMORY:]) | unheard if said else {}, said


def _event(kind: str, about: Channel, now: datetime, lists: Mapping[str, object]) -> str:
    """In the envelope of Standard Webhooks."""
    data = {"feed": about.id, "title": about.title, "home_page_url": about.home, **lists}
    return json.dumps({"type": kind, "timestamp": stamp(now), "data": data}, ensure_ascii=False)
