"""What a feed shows, and what its hub and webhooks were told of it, in; what they are to be told now out."""

import json
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlencode

from syndicate.channel import PATHS, channel, stamp
from syndicate.item import Item
from syndicate.render import json_feed
from tickerwire.config import Config, FeedSpec
from tickerwire.model import FeedState

Both = tuple[dict[str, str], dict[str, str]]
MEMORY = 1_000  # items, twice the longest feed: what left it is no news when it comes back


def targets(config: Config, feed: FeedSpec) -> dict[str, tuple[str, str]]:
    """Whom `feed` tells, by a name that holds no secret: the address to post to, and the secret to sign with. A hub is told of each
    address by itself: WebSub section 7 leaves open how, and some hubs (Switchboard) read one at a time."""
    hub, base = config.publish.hub, config.site.base_url
    paths = [PATHS[kind].format(feed.id) for kind in feed.formats if hub and kind != "ticker"]
    hooks = {f"hook:{sha256(hook.url.encode()).hexdigest()[:16]}": (hook.url, hook.secret) for hook in feed.webhooks}
    return {f"hub:{base}/{path}": (hub, "") for path in paths} | hooks


def notices(config: Config, feed: FeedSpec, was: FeedState, items: tuple[Item, ...], backlog: set[int], now: datetime) -> Both:
    """What is known to those whom a feed tells once it shows `items`: what it shows and what left it last; and what it has to say, by
    target ("" for nothing). What a source listed when it was first read (`backlog`) is no news: webhooks never hear of it, and a change
    that brings nothing else is no ping. Of a feed that had nobody to tell, all it showed is known."""
    before = was.told or dict.fromkeys(map(str, was.items), "")
    news = {str(each.id): stamp(each.updated) for each in items if each.id not in backlog}
    known = {name: edited for name, edited in before.items() if name not in news} | news
    new = tuple(each for each in items if str(each.id) in news.keys() - before.keys())
    changed = tuple(each for each in items if "" < before.get(str(each.id), "") < news.get(str(each.id), ""))
    ping = bool(new or changed or not (added := {each.id for each in items}.difference(was.items)) or added.difference(backlog))
    told = _told(config, feed, new, changed, now) if feed.webhooks and (new or changed) else ""
    others = targets(config, feed).items()
    said = {to: told if secret else urlencode({"hub.mode": "publish", "hub.url": to[4:]}) * ping for to, (_, secret) in others}
    return dict([*known.items()][-MEMORY:]) if said else {}, said


def _told(config: Config, feed: FeedSpec, new: tuple[Item, ...], changed: tuple[Item, ...], now: datetime) -> str:
    """The items as JSON Feed has them, in the envelope of Standard Webhooks."""
    about = channel(feed, config.site, "", new)
    lists = {name: json.loads(json_feed(about, some))["items"] for name, some in (("new", new), ("changed", changed))}
    data = {"feed": about.id, "title": about.title, "home_page_url": about.home} | lists
    return json.dumps({"type": "feed.updated", "timestamp": stamp(now), "data": data}, ensure_ascii=False)
