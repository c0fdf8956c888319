"""The desk page behind nginx with TLS, Basic authentication and a path, all at once, in real Chromium."""

import base64
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, HttpCredentials, expect

from tests.browser.desk.conftest import Service
from tests.browser.desk.editing import publish, sign_in_again, unique_text
from tests.deploy.stack import program
from tests.support.waiting import free_port, until

pytestmark = pytest.mark.browser

_CONFIGURATION = """
worker_processes 1; daemon off; pid {folder}/pid; error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/access.log;
    log_format requests '$status "$upstream_status" "$remote_user" $request';
    access_log {folder}/requests.log requests;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    gzip on; gzip_types application/json; gzip_min_length 1; gzip_proxied any;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
        auth_basic "Newsroom"; auth_basic_user_file {folder}/users;
        location /news/desk/ {{
            proxy_pass {desk}/;
            proxy_http_version 1.1;
            {headers}
        }}
    }}
}}
"""
_HEADERS = {
    "the usual ones": "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto https;",
    "two proxies": "proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto 'https,http';",
    "the credentials taken out": "proxy_set_header Host $http_host; proxy_set_header Authorization '';",
    "none": "",
}


def answers(url: str) -> bool:
    """Whether an HTTP server answers there."""
    try:
        httpx2.get(url, verify=False, trust_env=False)
    except httpx2.TransportError:
        return False
    return True


@pytest.fixture(params=_HEADERS)
def front(request: pytest.FixtureRequest, service: Service, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of the page behind nginx, and nginx's log."""
    port = free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "certificate.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    (tmp_path / "users").write_text("night:{PLAIN}desk\n")
    for path in (tmp_path, *tmp_path.iterdir()):
        path.chmod(0o755)
    text = _CONFIGURATION.format(folder=tmp_path, port=port, desk=service.desk.url, headers=_HEADERS[request.param])
    (tmp_path / "nginx.conf").write_text(text)
    # nginx reads its users file as another system user, who may not enter pytest's folders.
    for folder in (tmp_path, *tmp_path.parents):
        if folder.name.startswith(("pytest-", "popen-")):
            folder.chmod(0o755)
    command = [program("nginx"), "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)]
    with (tmp_path / "errors").open("wb") as errors, subprocess.Popen(command, stderr=errors) as nginx:
        try:
            url = f"https://localhost:{port}/news/desk/"
            until(lambda: answers(url) or nginx.poll() is not None, "nginx answers", seconds=10)
            assert nginx.poll() is None, (tmp_path / "errors").read_text()
            yield url, tmp_path / "requests.log"
        finally:
            nginx.terminate()


@pytest.mark.deep
def test_an_editor_signs_in_publishes_and_stays_signed_in(
    chromium: Browser, service: Service, front: tuple[str, Path]
) -> None:
    url, log = front
    credentials = HttpCredentials(username="night", password="desk")
    context = chromium.new_context(
        locale="en-GB",
        ignore_https_errors=True,
        http_credentials=credentials,
    )
    context.set_default_timeout(30_000)
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    # Where the desk knows that the page has TLS, passkeys come first.
    way = page.get_by_role("button", name="With a token")
    expect(way.or_(page.locator("#signin-value")).locator("visible=true")).to_have_count(1)
    if way.is_visible():
        way.click()
    sign_in_again(page, service.token(f"Proxy {time.monotonic_ns()}", "chief"))
    expect(page.locator("#line")).to_be_focused()
    text = unique_text()
    publish(page, text)
    expect(page.locator("#items")).to_contain_text(text)
    page.reload()
    expect(page.locator("#line")).to_be_visible()
    names = [cookie["name"] for cookie in context.cookies()]
    assert len(names) == 1 and names[0].startswith("__Host-flashwire_desk_"), names
    page.locator("#signout").click()
    expect(page.locator("#signin-value")).to_be_visible()
    context.close()
    assert text in service.headlines() and errors == []
    # The proxy asked for a password when the page was opened, and not again for any request of the page.
    requests = log.read_text().splitlines()
    assert [line for line in requests if line.startswith("401") and "/v1/" in line] == [], requests


def test_a_script_uses_the_tag_and_the_token_through_the_proxy(service: Service, front: tuple[str, Path]) -> None:
    url, _ = front
    basic = "Basic " + base64.b64encode(b"night:desk").decode()
    token = service.token(f"Script {time.monotonic_ns()}", "chief")
    with httpx2.Client(base_url=url, verify=False, trust_env=False) as http:
        # nginx understands neither scheme if one header has both; of two headers it reads the first.
        http.headers["Authorization"] = basic
        page = http.get("")
        assert page.status_code == 200 and 'src="desk/shell/main.js"' in page.text
        session = http.post("v1/session", json={"token": token})
        assert session.status_code == 200, session.text
        same_origin = {"Sec-Fetch-Site": "same-origin"}
        answer = http.post("v1/items", json={"text": "Civil Defence: By script", "edition": "en"}, headers=same_origin)
        assert answer.status_code == 201
        uri = answer.json()["item"]["uri"]
        item = http.get(f"v1/items/{uri}")
        assert item.headers["content-encoding"] == "gzip" and item.headers["etag"] == 'W/"1"'
        act = {"If-Match": item.headers["etag"], **same_origin}
        hold = http.post(f"v1/items/{uri}/acts", json={"act": "hold"}, headers=act)
        assert hold.status_code == 200, hold.text
