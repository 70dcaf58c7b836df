"""How people on a cluster set and clear a halt: an annotation sets it, the dashboard clears it."""

from playwright.async_api import expect

from tests.browser.windows import opened
from tests.support.browser import a_browser, admin
from tests.support.cluster.commands import Cluster, CommandFailed
from tests.support.platform import Platform, Refused

__all__ = ["clear_halt", "halt"]


def halt(cluster: Cluster, namespace: str, name: str, reason: str) -> str:
    """Ask for a halt as people with kubectl do."""
    try:
        return cluster.kubectl("-n", namespace, "annotate", "tb", name, f"kbots.dev/halt={reason}")
    except CommandFailed as failure:
        raise Refused(failure.stderr.strip()) from failure


async def clear_halt(platform: Platform, namespace: str, name: str) -> str:
    """Clear it as the admin does."""
    async with a_browser() as browser:
        person = await admin(browser, platform)
        await opened(person.page, f"{person.base}/bots/{namespace}/{name}")
        await person.page.get_by_test_id("clear-halt-bot").click()
        await expect(person.page.get_by_text("Halt cleared.")).to_be_visible()
    return "halt cleared"
