"""nchan, nginx's push module, configured for its best result in this benchmark.

One worker without a supervisor (`master_process off`), so that no worker outlives a killed benchmark; epoll,
`multi_accept`, TCP_NODELAY and no access log. It buffers a thousand messages, so that no subscriber of a burst skips an
item, and a subscriber starts with the next item. Without Redis, so an acknowledged message is not on disk.
"""

import os
import re
import subprocess
from pathlib import Path
from typing import Final

from bench.contender import Target
from bench.contenders.base import Base, free_port
from bench.contenders.feed import Publisher
from bench.contenders.program import debian_version, find_program, printed_version, start_program

MISSING: Final = "nginx with nchan is not installed; install it with: apt-get install nginx libnginx-mod-nchan"
MODULE: Final = "ngx_nchan_module.so"
_USUAL: Final = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules")
_CONFIGURATION: Final = """\
load_module {module};
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{
    use epoll;
    worker_connections {connections};
    multi_accept on;
}}
http {{
    access_log off;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    nchan_shared_memory_size 128M;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = /live {{
            nchan_subscriber websocket;
            nchan_channel_id bench;
            nchan_subscriber_first_message newest;
            nchan_websocket_ping_interval 30;
        }}
        location = /publish {{
            client_body_buffer_size 64k;
            nchan_publisher http;
            nchan_channel_id bench;
            nchan_message_buffer_length 1000;
            nchan_message_timeout 10m;
        }}
    }}
}}
"""


def find_module(nginx: Path) -> Path | None:
    """Returns the path of nchan's module, from `nginx -V` or the usual folders, or `None`."""
    try:
        output = subprocess.run([nginx, "-V"], capture_output=True, text=True, check=False, timeout=5).stderr
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    candidates = (*re.findall(r"--modules-path=(\S+)", output), *_USUAL)
    return next((path for folder in candidates if (path := Path(folder) / MODULE).exists()), None)


class Nchan(Base):
    """nginx in the foreground, with a private configuration and folder."""

    name = "nchan"
    title = "nchan: nginx, one worker, without Redis"

    def absent(self) -> str | None:
        nginx = find_program("nginx")
        return None if nginx and find_module(nginx) else MISSING

    def version(self) -> str:
        nginx = find_program("nginx")
        return f"nginx {printed_version(nginx, '-v') if nginx else ''}, nchan {debian_version('libnginx-mod-nchan')}"

    async def _launch(self, core: int) -> tuple[Target, Publisher]:
        nginx = find_program("nginx")
        module = nginx and find_module(nginx)
        assert nginx and module, "start() has called absent()"
        port = free_port()
        configuration = self._folder / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                module=module, folder=self._folder, port=port, connections=max(1024, os.sysconf("SC_OPEN_MAX") - 100)
            )
        )
        command = (nginx, "-p", self._folder, "-c", configuration, "-e", "stderr")
        process = self._stop_on_exit(start_program(command, core, self._folder))
        publisher = await self._open_poster(process, port, "/publish")
        return Target(ports=(port,), path="/live", processes=(process.pid,)), publisher
