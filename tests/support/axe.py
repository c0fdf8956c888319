"""axe-core on a page of a test: what people with assistive technology could not use."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

_SCRIPT = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
# Colours are computed, so the page may be in any scheme.
_RUN = """
async (impacts) => {
  const { violations } = await axe.run(document, {
    resultTypes: ["violations"],
    rules: { "target-size": { enabled: true } },
  });
  const findings = [];
  for (const { id, help, impact, nodes } of violations) {
    if (impacts && !impacts.includes(impact)) continue;
    for (const { target } of nodes)
      if (id !== "target-size" || (await isStillSmall(target))) findings.push(`${id}: ${help}: ${target.join(" ")}`);
  }
  return findings;

  // A bar that stays in view covers a target only until somebody scrolls.
  async function isStillSmall(target) {
    const element = target.length === 1 && document.querySelector(target[0]);
    if (!element) return true;
    const { scrollX, scrollY } = window;
    element.scrollIntoView({ block: "center" });
    const again = await axe.run(element, { runOnly: ["target-size"] });
    window.scrollTo(scrollX, scrollY);
    return again.violations.length > 0;
  }
}
"""


@cache
def _script() -> str:
    return _SCRIPT.read_text("utf-8")


def findings_of(page: Page, impacts: Sequence[str] | None = None) -> list[str]:
    """What axe finds on `page` as it is now, with one of these impacts or any: the rule and the element of each."""
    # Evaluated through the debugger: the page's own policy refuses a script from elsewhere.
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(_script())
    findings: list[str] = page.evaluate(_RUN, impacts)
    return findings


def serious_findings(page: Page) -> list[str]:
    """What axe calls serious or critical on `page` as it is now: the rule and the element of each."""
    return findings_of(page, ["serious", "critical"])


def expect_accessible(page: Page) -> None:
    """Fails with the list of serious findings, where there are any."""
    findings = serious_findings(page)
    assert not findings, "\n".join(findings)
