"""Addresses of every special-purpose registry, and odd spellings of them, in; whether a crawl may connect there out."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from scrapy import Request
from twisted.web.client import URI

from crawler.guard import allowed, literal, public
from tests.conftest import ROOT
from tests.hostile.nameserver import Answer, naming
from tests.hostile.server import Farm, Reply, serving
from tests.loopback import rss

# IANA's IPv4 and IPv6 special-purpose address registries (RFC 6890), the multicast and the IPv6 global unicast registries
REFUSED = """
0.0.0.0 0.1.2.3                              RFC 791 this network
10.0.0.1 10.255.255.255                      RFC 1918 private
172.16.0.1 172.31.255.255                    RFC 1918 private
192.168.0.1 192.168.255.255                  RFC 1918 private
100.64.0.1 100.127.255.255                   RFC 6598 behind a carrier's translation
100.100.100.200                              RFC 6598 metadata at Alibaba
127.0.0.1 127.255.255.254                    RFC 1122 loopback
169.254.0.1 169.254.169.254 169.254.170.2    RFC 3927 link-local, metadata of most clouds
168.63.129.16                                metadata at Azure
192.0.0.1 192.0.0.8 192.0.0.170              RFC 6890, 7600, 7050 protocols
192.0.0.9 192.0.0.10                         RFC 7723, 8155 the nearest PCP and TURN server
192.0.0.192                                  RFC 6890 metadata at Oracle
192.0.2.1 198.51.100.1 203.0.113.1           RFC 5737 documentation
192.88.99.1                                  RFC 7526 6to4 relays
198.18.0.1 198.19.255.255                    RFC 2544 benchmarks
224.0.0.1 239.255.255.250                    RFC 5771 multicast
233.252.0.1                                  RFC 6676 multicast documentation
240.0.0.1 255.255.255.255                    RFC 1112, 8190 reserved, broadcast
:: ::1                                       RFC 4291 unspecified, loopback
::127.0.0.1 ::a9fe:a9fe ::8.8.8.8            RFC 4291 IPv4-compatible
::ffff:127.0.0.1 ::ffff:10.0.0.1             RFC 4291 IPv4-mapped
::ffff:169.254.169.254 ::ffff:1.1.1.1        RFC 4291 IPv4-mapped
::ffff:0:127.0.0.1                           RFC 2765 IPv4-translated
64:ff9b::a9fe:a9fe 64:ff9b::7f00:1           RFC 6052 NAT64
64:ff9b:1::1 64:ff9b:1:fffe::7f00:1          RFC 8215 local NAT64
100::1                                       RFC 6666 discard
100:0:0:1::1                                 RFC 9780 dummy
2001::1 2001:0:7f00:1::                      RFC 4380 Teredo
2001:1::1 2001:1::2 2001:1::3                RFC 7723, 8155, 9665 the nearest PCP, TURN and SRP server
2001:2::1 2001:2:0:1::1                      RFC 5180 benchmarks
2001:3::1                                    RFC 7450 AMT
2001:4:112::1                                RFC 7535 AS112
2001:10::1 2001:20::1                        RFC 4843, 7343 ORCHID
2001:30::1                                   RFC 9374 drones
2001:db8::1                                  RFC 3849 documentation
3fff::1 3fff:fff:ffff::1                     RFC 9637 documentation
2002:7f00:1:: 2002:a9fe:a9fe::1              RFC 3056 6to4
5f00::1                                      RFC 9602 segment routing
4000::1 8000::1 e000::1                      RFC 4291 never given out
fc00::1 fd00::1                              RFC 4193 unique local
fd00:ec2::254 fd20:ce::254                   RFC 4193 metadata at Amazon, Google
fe80::1 fe80::a9fe:a9fe febf::1              RFC 4291 link-local
fec0::1 feff::1                              RFC 3879 site-local
ff02::1 ff05::2 ff0e::1                      RFC 4291 multicast
"""
PUBLIC = """
1.0.0.1 1.1.1.1 8.8.8.8 9.9.9.9 11.0.0.1 93.184.215.14 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 168.63.129.15
169.253.255.255 169.255.0.1 172.15.255.255 172.32.0.1 192.0.1.1 192.1.0.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1
203.0.114.1 223.255.255.255 2000::1 2001:200::1 2001:4860:4860::8888 2001:db7::1 2003::1 2400:cb00::1 2606:4700::1111
2620:fe::fe 2800:3f0::1 2a00:1450:4001::200e 2a04:4e42::81 2c0f:fb50::1 3ffe::1
"""
ADDRESSES = [(word, False) for line in REFUSED.split("\n") for word in line.split() if "." in word or ":" in word]
ADDRESSES += [(word, True) for word in PUBLIC.split()]


@pytest.mark.parametrize(("text", "expected"), ADDRESSES)
def test_an_address_is_public_or_not(text: str, expected: bool) -> None:
    assert public(ip_address(text)) is expected
    assert allowed(ip_address(text), [ip_network("10.9.9.0/24"), ip_network("fd99::/64")]) is expected


@pytest.mark.parametrize("text", [text for text, _ in ADDRESSES])
def test_a_network_the_operator_named_is_permitted_and_no_other_of_its_kind(text: str) -> None:
    address = ip_address(text)
    assert allowed(address, [ip_network(text)])
    assert allowed(address, [ip_network("0.0.0.0/0" if address.version == 6 else "::/0")]) is public(address)


SPELLINGS = {
    "127.0.0.1": "127.0.0.1",
    "2130706433": "127.0.0.1",
    "0x7f000001": "127.0.0.1",
    "0X7F.1": "127.0.0.1",
    "0177.0.0.1": "127.0.0.1",
    "017700000001": "127.0.0.1",
    "127.1": "127.0.0.1",
    "127.0.1": "127.0.0.1",
    "0": "0.0.0.0",
    "0x0": "0.0.0.0",
    "127.0.0.1.": "127.0.0.1",
    "%31%32%37.0.0.1": "127.0.0.1",
    "127%2e0%2e0%2e1": "127.0.0.1",
    "169.254.43518": "169.254.169.254",
    "0xa9fea9fe": "169.254.169.254",
    "0251.0376.0251.0376": "169.254.169.254",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11": "127.0.0.1",  # full-width digits
    "127\u30020\u30020\uff0e1": "127.0.0.1",  # ideographic and full-width stops
    "\u2460\u2461\u2466.0.0.1": "127.0.0.1",  # circled digits
    "1\u00ad27.0.0.1": "127.0.0.1",  # a soft hyphen
    "evil.example@127.0.0.1": "127.0.0.1",
    "evil.example:80@127.0.0.1": "127.0.0.1",
    "1.1.1.1%40@127.0.0.1": "127.0.0.1",
    "[::ffff:127.0.0.1]": "::ffff:127.0.0.1",
    "[::FFFF:7F00:1]": "::ffff:127.0.0.1",
    "[0:0:0:0:0:0:0:1]": "::1",
    "[fe80::1%25eth0]": "fe80::1%eth0",
    "[fe80::1%eth0]": "fe80::1%eth0",
}
NAMES = [
    "127.0.0.1.example",
    "1.1.1.1%2e.example",
    "1.1.1.1@example",
    "256.1.1.1",
    "1.1.1.1.1",
    "localhost",
    "a",
    "0x",
    "1.1.1.1%eth0",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_an_address_is_that_address(spelling: str) -> None:
    address = literal(spelled(spelling))
    assert address == ip_address(SPELLINGS[spelling])
    assert not public(address)


@pytest.mark.parametrize("host", NAMES)
def test_a_name_is_no_address(host: str) -> None:
    assert literal(host) is None


def spelled(host: str) -> str:
    """A host as the middleware reads it from a request, and as Twisted does."""
    url = Request(f"http://{host}/").url
    found = urlsplit(url).hostname or ""
    parts = URI.fromBytes(url.encode())  # type: ignore[no-untyped-call]
    assert parts.host.decode().rpartition("@")[2].lower() == found
    return found


ASK = """
import asyncio, json, sys
from importlib import import_module
from types import SimpleNamespace
from scrapy.settings import Settings
from scrapy.utils.misc import build_from_crawler, load_object
from scrapy.utils.reactor import install_reactor
install_reactor("crawler.reactor.Reactor")
from twisted.internet import reactor
from crawler.names import resolved

settings = Settings({"DNSCACHE_SIZE": 2})
settings.setmodule(import_module("crawler.settings"))
resolver = load_object(settings["TWISTED_DNS_RESOLVER"])
build_from_crawler(resolver, SimpleNamespace(settings=settings), reactor=reactor).install_on_reactor()
reactor.getThreadPool().adjustPoolsize(maxthreads=settings.getint("REACTOR_THREADPOOL_MAXSIZE"))

class Connection:  # asks what a download's endpoint asks
    def __init__(self, host):
        self.to, self.told = set(), asyncio.Event()
        reactor.nameResolver.resolveHostName(self, host, 80)
    def resolutionBegan(self, resolution): pass
    def addressResolved(self, address): self.to.add(address.host)
    def resolutionComplete(self): self.told.set()

async def addresses(host, times):
    checked, connected = set(), set()
    for _ in range(times // 100):
        asked = [asyncio.ensure_future(resolved(host)) for _ in range(50)]
        await asyncio.sleep(0)  # the guard comes first
        connections = [Connection(host) for _ in range(50)]
        checked |= {x if isinstance(x, str) else type(x).__name__ for x in await asyncio.gather(*asked, return_exceptions=True)}
        for one in connections:
            await one.told.wait()
            connected |= one.to
        await asyncio.gather(*(resolved(f"{n}.other.test") for n in range(8)))  # more than a small cache keeps
    return [sorted(checked), sorted(connected)]

async def main():
    try:
        print(json.dumps({host: await addresses(host, int(sys.argv[1])) for host in sys.argv[2:]}))
    finally:
        reactor.stop()

reactor.callWhenRunning(lambda: asyncio.ensure_future(main()))
reactor.run()
"""


def ask(zone: Mapping[str, Answer], times: int, *hosts: str) -> tuple[dict[str, list[list[str]]], list[str]]:
    """What the guard is told and what a connection is led to, `times` in turns and at once, by host; and the questions that took."""
    with naming({**zone, **{f"{n}.other.test": ["A 127.0.0.9"] for n in range(8)}}) as names:
        env = {"PYTHONPATH": f"{ROOT / 'tests/hostile/names'}:{ROOT}", "TICKERWIRE_TEST_NAMES": names.at}
        command = [sys.executable, "-c", ASK, str(times), *hosts]
        done = subprocess.run(command, env=os.environ | env, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout), [name for name in names.asked if "other" not in name]


def test_a_name_that_changes_is_asked_once_however_often_it_is_used() -> None:
    turns: dict[str, Answer] = {
        "later.test": lambda n: ["A 198.51.100.7" if n == 0 else "A 127.0.0.1"],
        "turns.test": lambda n: [f"A 198.51.100.{n % 250 + 1}"],
        "both.test": ["A 198.51.100.8", "A 127.0.0.1", "AAAA ::1"],
        "canonical.test": ["CNAME later.test"],
    }
    told, questions = ask(turns, 2000, *turns)
    assert told == {
        "later.test": [["198.51.100.7"]] * 2,
        "turns.test": [["198.51.100.1"]] * 2,
        "both.test": [["198.51.100.8"]] * 2,
        "canonical.test": [["127.0.0.1"]] * 2,  # as it is by now
    }
    assert questions == ["later.test", "turns.test", "both.test", "canonical.test", "later.test"]


def test_a_name_without_an_address_is_asked_once_and_nothing_is_connected_to() -> None:
    gone: dict[str, Answer] = {
        "six.test": ["AAAA ::1"],
        "gone.test": ["NXDOMAIN"],
        "ill.test": ["SERVFAIL"],
        "mute.test": ["SILENT"],
    }
    told, questions = ask(gone, 200, *gone)
    assert told == {name: [["DNSLookupError"], []] for name in gone}
    assert questions == list(gone)


def test_what_is_connected_to_is_what_an_odd_spelling_was_checked_as() -> None:
    hosts = {spelled(spelling): str(ip_address(address)) for spelling, address in SPELLINGS.items()}
    hosts["2606:4700::1111"] = "2606:4700::1111"
    told, questions = ask({}, 100, *hosts)
    assert told == {host: [[address], [address]] for host, address in hosts.items()}
    assert questions == []


def test_an_outlet_at_an_ipv6_address_is_crawled_where_its_network_is_named(
    tmp_path: Path, tickerwire: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    with serving(Farm(), ["::1"]) as farm:
        farm.routes["::1"] = {"/feed.xml": Reply(rss(("1", "First"))), "/robots.txt": Reply(status=404)}
        config = tmp_path / "config"
        config.mkdir()
        source = f'[[outlet.source]]\nkind = "feed"\nurl = "http://[::1]:{farm.port}/feed.xml"\n'
        (config / "outlets.toml").write_text(f'[[outlet]]\nid = "six"\nname = "Six"\n{source}')
        (config / "feeds.toml").write_text('[[feed]]\nid = "all"\ntitle = "All"\nquery = "*"\n')
        site = '[site]\nbase_url = "https://news.example.org"\ncontact = "mailto:desk@news.example.org"\n[crawl]\n'
        (config / "tickerwire.toml").write_text(site)
        refused = tickerwire("crawl", "--all", "--json")
        assert "::1 is ::1, not a public address" in refused.stdout
        assert not farm.asked
        (config / "tickerwire.toml").write_text(site + 'allow_networks = ["::1/128"]\n')
        done = tickerwire("crawl", "--all", "--json")
        assert json.loads(done.stdout)["crawl"]["outlets"]["six"]["result"] == "ok", done.stdout
