"""Outlets that mean harm, all crawled at once beside good ones: each costs itself alone, and the crawl does what is right by each."""

import sys

import pytest

from tests.hostile.addresses import ADDRESSES
from tests.hostile.behaviour import ALWAYS, Behaviour
from tests.hostile.campaign import GOOD, Campaign, good_titles
from tests.hostile.documents import DOCUMENTS
from tests.hostile.hostnames import HOSTNAMES
from tests.hostile.texts import TEXTS
from tests.hostile.transport import TRANSPORT

BEHAVIOURS: list[Behaviour] = [*ADDRESSES, *HOSTNAMES, *TRANSPORT, *DOCUMENTS, *TEXTS]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs many loopback addresses and /proc")


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """The good outlets alone."""
    campaign = Campaign(tmp_path_factory.mktemp("calm"), [])
    campaign.run(1)
    return campaign


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """Everybody, three times."""
    campaign = Campaign(tmp_path_factory.mktemp("hostile"), BEHAVIOURS)
    campaign.run()
    return campaign


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda b: b.name)
def test_a_correct_crawler(campaign: Campaign, behaviour: Behaviour) -> None:
    after = campaign.aftermath(behaviour.name)
    faults = [fault for check in (*ALWAYS, *behaviour.checks) for fault in check(after)]
    assert not faults, f"{behaviour.name} {behaviour.does}; a correct crawler {behaviour.correct}"


@pytest.mark.parametrize("number", range(GOOD))
def test_a_good_outlet_keeps_every_article(campaign: Campaign, number: int) -> None:
    after = campaign.aftermath(f"good-{number}")
    assert [row["title"] for row in after.rows] == good_titles(number)
    assert [result["result"] for result in after.results] == ["ok", "unchanged", "unchanged"]


def test_every_failure_has_a_reason_and_the_exit_code_says_so(campaign: Campaign) -> None:
    for crawled in campaign.crawls:
        assert crawled.code == 1
        assert not crawled.left, "processes were left behind"
        assert not [line for line in crawled.log if "Traceback" in line]
    assert not campaign.strays()
