"""A real WordPress of the tests' own: Debian's, with its database, served by PHP on loopback, with the plugin in it."""

import json
import os
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path
from typing import Final

import httpx2
import pytest

from tests.support.waiting import free_port, until
from ticker.shared.process.parent import die_with

PLUGIN: Final = Path(__file__).parents[2] / "integrations" / "wordpress" / "flashwire-ticker.php"
_PACKAGE: Final = Path("/usr/share/wordpress")
_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_START_SECONDS: Final = 60.0

# WordPress calls wordpress.org where it may; the tests reach nothing but loopback.
_CONFIG: Final = """<?php
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:{socket}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'WP_HOME', '{url}' );
define( 'WP_SITEURL', '{url}' );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', '127.0.0.1' );
define( 'DISABLE_WP_CRON', true );
define( 'WP_LANG_DIR', '{package}/wp-content/languages' );
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', '{log}' );
foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $name ) {{
	define( $name . '_KEY', $name );
	define( $name . '_SALT', $name );
}}
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) {{
	define( 'ABSPATH', __DIR__ . '/' );
}}
require_once ABSPATH . 'wp-settings.php';
"""
_INSTALL: Final = """
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install( 'A blog of the coast', 'editor', 'editor@example.com', true, '', 'secret' );
"""

_ACTIVATE: Final = f"""
require_once ABSPATH . 'wp-admin/includes/plugin.php';
$result = activate_plugin( '{PLUGIN.name}' );
if ( is_wp_error( $result ) ) {{
	throw new Exception( $result->get_error_message() );
}}
"""
_POST: Final = """
wp_set_current_user( 1 );
echo wp_insert_post( wp_slash( json_decode( stream_get_contents( STDIN ), true ) ) );
"""
_OPTION: Final = "list( $name, $value ) = json_decode( stream_get_contents( STDIN ) ); update_option( $name, $value );"


def _program(name: str) -> str:
    path = shutil.which(name, path=_PATH)
    if path is None or not _PACKAGE.is_dir():
        pytest.fail(f"{name} or {_PACKAGE} is missing; run `make hosts`, which installs WordPress.")
    return path


class WordPress:
    """One site with its files below `folder`; `close` it after use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "site"
        self.url = f"http://127.0.0.1:{free_port()}"
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Starts the database and the web server, and installs the site with the plugin active."""
        socket = self.folder / "db"
        data = self.folder / "data"
        user = [f"--user={Path('/proc/self').owner()}"]
        created = subprocess.run(
            [
                _program("mariadb-install-db"), "--no-defaults", f"--datadir={data}", "--skip-test-db",
                "--auth-root-authentication-method=normal", *user,
            ],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert created.returncode == 0, created.stdout + created.stderr
        self._spawn(
            [
                _program("mariadbd"), "--no-defaults", f"--datadir={data}", f"--socket={socket}", *user,
                "--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M",
            ]
        )  # fmt: skip
        until(socket.exists, "the database", _START_SECONDS)
        query = ["mariadb", "--no-defaults", f"--socket={socket}", "--user=root", "-e", "CREATE DATABASE wordpress"]
        subprocess.run([_program(query[0]), *query[1:]], check=True, timeout=60)
        # A copy: WordPress finds its configuration beside its own files, behind every symbolic link.
        shutil.copytree(_PACKAGE, self.root, ignore=shutil.ignore_patterns("wp-content", ".htaccess"))
        content = self.root / "wp-content"
        (content / "plugins").mkdir(parents=True)
        (content / "themes").symlink_to(_PACKAGE / "wp-content" / "themes")
        shutil.copy(PLUGIN, content / "plugins")
        config = _CONFIG.format(socket=socket, url=self.url, package=_PACKAGE, log=self.folder / "debug.log")
        (self.root / "wp-config.php").write_text(config)
        self.php(_INSTALL, before="define( 'WP_INSTALLING', true );")
        self.php(_ACTIVATE)
        port = self.url.rpartition(":")[2]
        self._spawn([_program("php"), "-S", f"127.0.0.1:{port}", "-t", str(self.root)], PHP_CLI_SERVER_WORKERS="3")
        until(self._answers, "the site", _START_SECONDS)

    def php(self, code: str, values: object = None, before: str = "") -> str:
        """Runs `code` in WordPress, which reads `values` as JSON, after `before`; returns what it prints."""
        program = (
            f"$_SERVER['HTTP_HOST'] = '{self.url.removeprefix('http://')}'; $_SERVER['REQUEST_URI'] = '/';"
            "$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1'; $_SERVER['REQUEST_METHOD'] = 'GET';"
            f"{before} require '{self.root}/wp-load.php'; {code}"
        )
        done = subprocess.run(
            [_program("php"), "-r", program],
            input=json.dumps(values), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def set_option(self, name: str, value: str) -> None:
        """Sets an option of the site."""
        self.php(_OPTION, [name, value])

    def post(self, title: str, content: str) -> str:
        """Publishes a post as the administrator; returns its address."""
        number = self.php(_POST, {"post_title": title, "post_content": content, "post_status": "publish"})
        return f"{self.url}/?p={int(number)}"

    def complaints(self) -> list[str]:
        """What PHP has reported of the plugin: notices, warnings, errors."""
        log = self.folder / "debug.log"
        lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
        return [line for line in lines if "flashwire" in line]

    def close(self) -> None:
        """Ends the processes of the site."""
        for process in reversed(self._processes):
            # The web server has workers in the same process group.
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)

    def _spawn(self, command: list[str], **environment: str) -> None:
        with (self.folder / "log").open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    command,
                    stdout=log,
                    stderr=log,
                    env=os.environ | environment,
                    start_new_session=True,
                    preexec_fn=partial(die_with, os.getpid()),
                )
            )

    def _answers(self) -> bool:
        try:
            return httpx2.get(self.url, timeout=10).status_code == 200
        except httpx2.TransportError:
            return False
