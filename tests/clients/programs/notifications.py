"""Chromium with examples/notifications: prints the notifications that are shown, whenever they change.

usage: notifications.py FOLDER; each line on standard input is a command: to close the page and fire a background
fetch, to fire one, or to open the page again.
"""

import queue
import sys
import threading
from functools import partial
from http.server import ThreadingHTTPServer

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.clients.programs.chromium import Quiet

# The test's copy of the worker sends what it shows.
HEAR = """new BroadcastChannel("shown").onmessage = ({ data }) => { window.shown = [data.length, ...data].join(" ") }"""


def main(folder: str) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    commands: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read_commands() -> None:
        for line in sys.stdin:
            commands.put(line.strip())

    threading.Thread(target=read_commands, daemon=True).start()
    shown = ""

    def write(text: str) -> None:
        nonlocal shown
        if text != shown:
            shown = text
            print(text, flush=True)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(permissions=["notifications"])
        page = context.new_page()
        page.add_init_script(HEAR)
        page.on("pageerror", lambda error: print(f"error: {error}", flush=True))
        versions: list[dict[str, str]] = []
        devtools = context.new_cdp_session(page)
        devtools.on("ServiceWorker.workerRegistrationUpdated", lambda event: versions.extend(event["registrations"]))
        devtools.send("ServiceWorker.enable")

        def open_page() -> None:
            page.goto(f"{origin}/index.html")
            page.click("#start")
            page.wait_for_function("document.querySelector('#state').textContent.includes('live')")
            print("live", flush=True)

        open_page()
        while True:
            page.wait_for_timeout(50)
            write(page.evaluate("window.shown ?? ''") or shown)
            command = "" if commands.empty() else commands.get()
            if command == "open the page again":
                open_page()
            elif command:
                event = {"origin": origin, "registrationId": versions[-1]["registrationId"], "tag": "news"}
                if command.startswith("close"):
                    # A file of the origin, whose code does not run, keeps the tools of the worker open.
                    page.goto(f"{origin}/client/index.js")
                    devtools.send("ServiceWorker.dispatchPeriodicSyncEvent", event)
                    page.wait_for_function("caches.match('/position').then(Boolean)")
                    print("closed the page", flush=True)
                else:
                    devtools.send("ServiceWorker.dispatchPeriodicSyncEvent", event)


if __name__ == "__main__":
    main(*sys.argv[1:])
