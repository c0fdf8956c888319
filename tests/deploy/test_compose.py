"""What docker-compose.yml promises, as far as it can be known without a Docker daemon."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from publisher.settings import DeskSettings
from ticker.settings import TickerSettings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)  # Any: checked against a schema below
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]  # Any: as above


def test_the_file_has_the_form_of_a_compose_file() -> None:
    schema = json.loads((Path(__file__).parent / "compose.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(COMPOSE, schema)


def test_there_are_redis_a_desk_two_nodes_and_nginx() -> None:
    assert set(SERVICES) == {"redis", "desk", "ticker-1", "ticker-2", "nginx"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_cannot_write_where_it_runs_nor_become_root(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    if "build" not in service:
        assert service["user"] not in ("root", "0")


def test_our_own_image_runs_as_a_user_of_its_own() -> None:
    lines = (ROOT / "deploy/Dockerfile").read_text("utf-8").splitlines()
    final = lines[max(index for index, line in enumerate(lines) if line.startswith("FROM ")) :]
    users = [line.split()[1] for line in final if line.startswith("USER ")]
    assert users and users[-1].split(":")[0].isdigit() and int(users[-1].split(":")[0]) >= 1000


def test_our_own_image_takes_packages_only_by_their_hash() -> None:
    text = (ROOT / "deploy/Dockerfile").read_text("utf-8").replace("\\\n", " ")
    installs = re.findall(r"pip install ([^&\n]+)", text)
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps" in installs[1] and "--no-build-isolation" in installs[1]


def test_what_the_image_copies_is_there_and_reaches_the_builder() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copied: set[str] = set()
    for line in (ROOT / "deploy/Dockerfile").read_text("utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            copied.update(line.split()[1:-1])
    assert copied and copied == allowed
    assert all((ROOT / name).exists() for name in copied)


def test_every_network_volume_and_service_that_is_named_exists() -> None:
    for name, service in SERVICES.items():
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), f"{name} mounts {source}"
            else:
                assert source in COMPOSE["volumes"], f"{name} mounts {source}"


def test_every_setting_given_to_a_service_is_one_that_it_has() -> None:
    for name, settings in (("desk", DeskSettings), ("ticker-1", TickerSettings), ("ticker-2", TickerSettings)):
        for variable, value in SERVICES[name]["environment"].items():
            if variable == "REDIS_URL":
                continue
            field = variable.removeprefix("FLASHWIRE_").lower()
            assert variable.startswith("FLASHWIRE_") and field in settings.model_fields, f"{name}: {variable}"
            assert value != ""


def test_nothing_starts_without_a_password_and_a_signing_key() -> None:
    for name, variable in (("redis", "REDIS_PASSWORD"), ("desk", "REDIS_URL")):
        assert "${REDIS_PASSWORD:?" in SERVICES[name]["environment"][variable]
    for name, variable in (("redis", "REDIS_NODE_PASSWORD"), ("ticker-1", "REDIS_URL"), ("ticker-2", "REDIS_URL")):
        assert "${REDIS_NODE_PASSWORD:?" in SERVICES[name]["environment"][variable]
    for name in ("desk", "ticker-1", "ticker-2"):
        assert "${FLASHWIRE_SIGNING_KEYS:?" in SERVICES[name]["environment"]["FLASHWIRE_SIGNING_KEYS"]


def test_only_nginx_can_be_reached_and_the_desk_only_from_this_machine() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for port in SERVICES["nginx"]["ports"]:
        if port.endswith((":8081", ":8444")):
            assert port.startswith("127.0.0.1:")


def test_every_port_that_is_published_is_one_that_nginx_listens_on() -> None:
    listening = set(re.findall(r"listen (\d+)[ ;]", (ROOT / "deploy/nginx.conf").read_text("utf-8")))
    listening |= set(re.findall(r"(?:ticker|desk):(\d+)", (ROOT / "deploy/tls-stub.sh").read_text("utf-8")))
    assert {port.rsplit(":", 1)[1] for port in SERVICES["nginx"]["ports"]} == listening


def test_every_server_that_nginx_calls_is_a_service() -> None:
    called = re.findall(r"server ([a-z0-9-]+):(\d+)", (ROOT / "deploy/nginx.conf").read_text("utf-8"))
    assert called == [("ticker-1", "8000"), ("ticker-2", "8000"), ("desk", "8001")]
    assert {name for name, _ in called} <= set(SERVICES["nginx"]["depends_on"])


def test_a_node_is_given_longer_to_stop_than_it_takes_to_drain() -> None:
    drain = TickerSettings.model_fields["drain_seconds"].default
    for name in ("ticker-1", "ticker-2"):
        assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) > drain


def test_a_node_may_open_more_files_than_it_takes_connections() -> None:
    most = TickerSettings.model_fields["max_connections"].default
    for name in ("ticker-1", "ticker-2"):
        assert SERVICES[name]["ulimits"]["nofile"]["soft"] > most


def test_the_commands_in_the_files_head_make_the_settings_that_it_needs(tmp_path: Path) -> None:
    head = re.search(r"^#   (printf .*) > \.env$", TEXT, re.MULTILINE)
    assert head
    made = subprocess.run(["bash", "-c", head[1]], capture_output=True, text=True, check=True).stdout
    values = dict(line.split("=", 1) for line in made.splitlines())
    needed = set(re.findall(r"\$\{([A-Z_]+):\?", TEXT))
    assert set(values) == needed
    assert all(len(value) >= 32 for value in values.values())


def test_redis_gets_its_password_where_no_list_of_processes_shows_it() -> None:
    shell, flag, script = SERVICES["redis"]["entrypoint"]
    assert (shell, flag) == ("sh", "-c")
    [last] = [line for line in script.splitlines() if line.startswith("exec ")]
    assert shlex.split(last)[:2] == ["exec", "redis-server"] and "PASSWORD" not in last
    # printf is the shell's own; another program's arguments would be in the list.
    assert all(
        "printf" in line or "$$(hash" in line for line in script.splitlines() if "PASSWORD" in line or "$$1" in line
    )
