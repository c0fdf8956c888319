"""The npm package @flashwire/client, installed from its tarball, in Node.js and in Chromium on a real node."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

from tests.clients.trial import ITSELF, Outcome, client, try_client, uri, versions
from tests.docs.pages import ROOT
from tests.support.serving import serving
from ticker.contract.item import Text

pytestmark = pytest.mark.anyio

PROGRAMS = Path(__file__).with_name("programs")
CHROMIUM = (sys.executable, "-m", "tests.clients.programs.chromium")


def node_with_websocket() -> str:
    """Node.js 22 or newer: Playwright's own, where the system's is older."""
    return str(compute_driver_executable()[0])


def node_without_websocket() -> str:
    """Node.js 20, as Debian has it; a newer one is told to have no WebSocket."""
    return shutil.which("node") or node_with_websocket()


def program(package: Path, name: str) -> str:
    """A program in the folder where the package is installed."""
    return str(shutil.copy(PROGRAMS / name, package / name))


@pytest.mark.parametrize("has_websocket", [True, False])
async def test_the_package_gets_through_everything_in_node(
    redis_url: str, brand: str, package: Path, tmp_path: Path, has_websocket: bool
) -> None:
    node = node_with_websocket() if has_websocket else node_without_websocket()
    options = [] if has_websocket else ["--import", "data:text/javascript,delete globalThis.WebSocket"]
    command = [node, *options, program(package, "client.mjs"), str(tmp_path / "cursor")]
    assert await try_client(redis_url, brand, command) == Outcome(ITSELF, ITSELF)


async def test_a_node_program_that_is_killed_resumes_where_it_stopped(
    redis_url: str, brand: str, package: Path, tmp_path: Path
) -> None:
    command = [node_with_websocket(), program(package, "client.mjs"), str(tmp_path / "cursor")]
    async with serving(redis_url, brand) as node:
        await node.publish("one", uri=uri("FIRST"))
        async with client([*command, node.url]) as running:
            assert (await running.message("snapshot"))["items"][0]["headline"]["value"] == "one"
            await node.publish("two", uri=uri("SECOND"))
            await running.message("item")
            third = await node.publish("three", uri=uri("THIRD"))
            await running.message("item")
        # The event that it was handling comes again, and nothing else that it had.
        away = await node.publish("four", uri=uri("FOURTH"))
        async with client([*command, node.url]) as running:
            missed = versions(await running.message("replay"))
        assert missed[-1] == (away.uri, 1) and missed[:-1] in ([], [(third.uri, 1)])
        (tmp_path / "cursor").write_text("")
        async with client([*command, node.url]) as running:
            await running.message("gap")
            assert len(versions(await running.message("snapshot"))) == 4


@pytest.mark.deep
async def test_the_package_gets_through_everything_in_chromium_and_a_reload(
    redis_url: str, brand: str, package: Path
) -> None:
    program(package, "client.html")
    command = [*CHROMIUM, str(package), "client.html"]
    assert await try_client(redis_url, brand, command) == Outcome(ITSELF, ITSELF)
    async with serving(redis_url, brand) as node, client([*command, node.url]) as running:
        await running.message("snapshot")
        line = await node.publish("Wards open", uri=uri("MANY"))
        await running.message("item")
        running.send("reload")
        assert versions(await running.message("replay")) == []
        await node.act(line, "correction", note=Text("One ward.", "en", "ltr"))
        assert versions(await running.message("item")) == [(line.uri, 2)]


@pytest.mark.deep
def test_programs_that_use_the_package_are_checked_by_its_types(package: Path) -> None:
    """With `strict`, and each wrong use is an error."""
    shutil.copy(ROOT / "examples/terminal.mjs", package / "terminal.mjs")
    shutil.copytree(ROOT / "examples/notifications", package / "notifications", dirs_exist_ok=True)
    shutil.copytree(package / "node_modules/@flashwire/client", package / "notifications/client", dirs_exist_ok=True)
    (package / "wrong.ts").write_text("""
import { follow } from "@flashwire/client";
follow("http://node", { editions: "en" });
for await (const event of follow("http://node", { edition: "en" }))
  for (const item of event.items) {
    item.headline.value;
    if (item.pubStatus === "usable") item.headline.value;
  }
follow("http://node").addEventListener("item", ({ detail }) => detail.isComplete);
""")
    checked = {
        "compilerOptions": {
            "strict": True, "noEmit": True, "allowJs": True, "checkJs": True, "module": "nodenext", "target": "es2023",
            "lib": ["es2023", "dom", "dom.iterable"], "types": ["node"],
            "typeRoots": [str(ROOT / "web/node_modules/@types")],
        },
        "files": ["terminal.mjs", "notifications/page.js", "notifications/worker.js", "wrong.ts"],
    }  # fmt: skip
    (package / "tsconfig.json").write_text(json.dumps(checked))
    tsc = [str(ROOT / "web/node_modules/.bin/tsc"), "-p", str(package)]
    output = subprocess.run(tsc, cwd=package, capture_output=True, text=True, check=False, timeout=120).stdout
    errors = [line for line in output.splitlines() if ": error" in line]
    places = [line.split(",")[0] for line in errors]
    assert places == ["wrong.ts(3", "wrong.ts(6", "wrong.ts(9"], output


def test_the_package_has_no_dependency_and_only_the_files_that_it_needs(package: Path) -> None:
    installed = package / "node_modules/@flashwire/client"
    manifest = json.loads((installed / "package.json").read_text())
    assert not {"dependencies", "peerDependencies", "scripts"} & manifest.keys()
    files = {path.name for path in installed.iterdir()}
    assert {"package.json", "README.md", "index.js", "api.d.ts", "node.js", "backoff.js", "poll.js"} <= files
    assert {Path(name).suffix for name in files} == {".js", ".ts", ".json", ".md"}
    assert [path.name for path in package.glob("node_modules/[!.]*")] == ["@flashwire"]
