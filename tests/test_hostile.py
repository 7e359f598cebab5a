"""Outlets that mean harm, all crawled at once beside good ones: each costs itself alone, and the crawl does what is right by each."""

import os
import sys
from collections.abc import Callable

import pytest

from tests.hostile.behaviour import ALWAYS, Behaviour
from tests.hostile.campaign import Campaign
from tests.hostile.families import FAMILIES
from tests.hostile.server import GOOD, good_titles

# TICKERWIRE_HOSTILE=delays,texts narrows a run to these.
WANTED = os.environ.get("TICKERWIRE_HOSTILE", ",".join(FAMILIES)).split(",")
FAMILY = {behaviour.name: family for family, behaviours in FAMILIES.items() for behaviour in behaviours}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs many loopback addresses and /proc")


@pytest.fixture(scope="module")
def campaigns(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Campaign]:
    """A family and the good outlets, crawled three times when first asked for."""

    made: dict[str, Campaign] = {}

    def campaign(family: str) -> Campaign:
        if family not in made:
            made[family] = Campaign(tmp_path_factory.mktemp(family), FAMILIES[family])
            made[family].run()  # once, whatever comes of it
        return made[family]

    return campaign


@pytest.mark.parametrize("behaviour", [one for family in WANTED for one in FAMILIES[family]], ids=lambda b: b.name)
def test_a_correct_crawler(campaigns: Callable[[str], Campaign], behaviour: Behaviour) -> None:
    after = campaigns(FAMILY[behaviour.name]).aftermath(behaviour.name)
    faults = [fault for check in (*ALWAYS, *behaviour.checks) for fault in check(after)]
    assert not faults, f"{behaviour.name} {behaviour.does}; a correct crawler {behaviour.correct}"


@pytest.mark.parametrize("family", WANTED)
@pytest.mark.parametrize("number", range(GOOD))
def test_a_good_outlet_keeps_every_article(campaigns: Callable[[str], Campaign], family: str, number: int) -> None:
    after = campaigns(family).aftermath(f"good-{number}")
    assert [row["title"] for row in after.rows] == good_titles(number)
    assert [result["result"] for result in after.results] == ["ok", "unchanged", "unchanged"]


@pytest.mark.parametrize("family", WANTED)
def test_every_failure_has_a_reason_and_the_exit_code_says_so(campaigns: Callable[[str], Campaign], family: str) -> None:
    campaign = campaigns(family)
    for crawled in campaign.crawls:
        assert crawled.code == 1
        assert not crawled.left, "processes were left behind"
        assert not [line for line in crawled.log if "Traceback" in line]
    assert not campaign.strays()


@pytest.mark.parametrize("family", WANTED)
def test_good_outlets_do_not_wait_for_those_that_failed_before(campaigns: Callable[[str], Campaign], family: str) -> None:
    for crawled in campaigns(family).crawls[1:]:
        good = [when for outlet, when in crawled.committed.items() if outlet.startswith("good-")]
        assert len(good) == GOOD
        assert max(good) - min(crawled.committed.values()) < 6  # seconds; a slow outlet takes 12, and many follow one another
