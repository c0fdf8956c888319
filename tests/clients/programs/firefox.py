"""Firefox with a page, as chromium.py: prints what the page writes to its console.

usage: firefox.py FOLDER PAGE ADDRESS; the page gets ADDRESS as its fragment.
"""

import json
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.driven import firefox

# WebDriver BiDi reports errors alone here.
_CONSOLE = b"<script>window.lines = []; console.log = (line) => lines.push(line)</script>"


def main(folder: str, name: str, address: str) -> None:
    page = Path(folder, name).read_bytes().replace(b"<script", _CONSOLE + b"<script", 1)

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="firefox-") as profile, firefox(Path(profile)) as browser:
        browser.open(f"http://127.0.0.1:{server.server_address[1]}/{name}#{address}")
        while True:
            for line in json.loads(browser.evaluate("JSON.stringify(lines.splice(0))")):
                print(line, flush=True)
            time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
