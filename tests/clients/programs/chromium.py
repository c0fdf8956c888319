"""Chromium with a page: serves a folder to it, and prints what the page writes to its console.

usage: chromium.py FOLDER PAGE ADDRESS; the page gets ADDRESS as its fragment. A line on standard input loads it again.
"""

import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import ConsoleMessage, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main(folder: str, name: str, address: str) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    reloads = threading.Event()

    def wait_for_lines() -> None:
        for _ in sys.stdin:
            reloads.set()

    threading.Thread(target=wait_for_lines, daemon=True).start()

    def write(message: ConsoleMessage) -> None:
        # The browser's own errors, such as a node that is away, are not of the page.
        if message.type == "log":
            print(message.text, flush=True)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.on("console", write)
        page.on("pageerror", lambda error: print(f"error: {error}", flush=True))
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/{name}#{address}")
        while True:
            page.wait_for_timeout(50)
            if reloads.is_set():
                reloads.clear()
                page.reload()


if __name__ == "__main__":
    main(*sys.argv[1:])
