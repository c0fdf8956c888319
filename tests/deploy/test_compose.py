"""docker-compose.yml and deploy/Dockerfile: what can be checked without a Docker daemon."""

import json
import re
import shlex
import subprocess
import tomllib
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


def test_the_file_is_a_valid_compose_file() -> None:
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


def test_the_image_does_not_run_as_root() -> None:
    lines = (ROOT / "deploy/Dockerfile").read_text("utf-8").splitlines()
    final = lines[max(index for index, line in enumerate(lines) if line.startswith("FROM ")) :]
    users = [line.split()[1] for line in final if line.startswith("USER ")]
    assert users and users[-1].split(":")[0].isdigit() and int(users[-1].split(":")[0]) >= 1000


def test_the_image_installs_packages_by_their_hash() -> None:
    text = (ROOT / "deploy/Dockerfile").read_text("utf-8").replace("\\\n", " ")
    installs = re.findall(r"pip install ([^&\n]+)", text)
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps" in installs[1] and "--no-build-isolation" in installs[1]


def test_the_builder_gets_exactly_what_the_image_copies() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copies: set[str] = set()
    for line in (ROOT / "deploy/Dockerfile").read_text("utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            copies.update(line.split()[1:-1])
    assert copies and copies == allowed
    assert all((ROOT / name).exists() for name in copies)


def test_the_image_copies_every_package_of_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    text = (ROOT / "deploy/Dockerfile").read_text("utf-8")
    assert [name for name in packages if f"COPY {name} /src/{name}\n" not in text] == []


def test_every_network_volume_and_service_in_use_is_defined() -> None:
    for name, service in SERVICES.items():
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), f"{name} mounts {source}"
            else:
                assert source in COMPOSE["volumes"], f"{name} mounts {source}"


def test_every_variable_of_a_service_is_one_of_its_settings() -> None:
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


def test_only_nginx_publishes_ports_and_the_desk_only_to_this_machine() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for port in SERVICES["nginx"]["ports"]:
        if port.endswith((":8081", ":8444")):
            assert port.startswith("127.0.0.1:")


def test_nginx_listens_on_every_published_port() -> None:
    listening = set(re.findall(r"listen (\d+)[ ;]", (ROOT / "deploy/nginx.conf").read_text("utf-8")))
    listening |= set(re.findall(r"(?:ticker|desk):(\d+)", (ROOT / "deploy/tls-stub.sh").read_text("utf-8")))
    assert {port.rsplit(":", 1)[1] for port in SERVICES["nginx"]["ports"]} == listening


def test_every_upstream_of_nginx_is_a_service() -> None:
    upstreams = re.findall(r"server ([a-z0-9-]+):(\d+)", (ROOT / "deploy/nginx.conf").read_text("utf-8"))
    assert upstreams == [("ticker-1", "8000"), ("ticker-2", "8000"), ("desk", "8001")]
    assert {name for name, _ in upstreams} <= set(SERVICES["nginx"]["depends_on"])


def test_a_node_has_more_time_to_stop_than_it_needs_to_drain() -> None:
    drain = TickerSettings.model_fields["drain_seconds"].default
    for name in ("ticker-1", "ticker-2"):
        assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) > drain


def test_a_node_may_open_more_files_than_it_accepts_connections() -> None:
    connections = TickerSettings.model_fields["max_connections"].default
    for name in ("ticker-1", "ticker-2"):
        assert SERVICES[name]["ulimits"]["nofile"]["soft"] > connections


def test_the_commands_in_the_head_of_the_file_make_all_required_variables(tmp_path: Path) -> None:
    head = re.search(r"^#   (printf .*) > \.env$", TEXT, re.MULTILINE)
    assert head
    output = subprocess.run(["bash", "-c", head[1]], capture_output=True, text=True, check=True).stdout
    values = dict(line.split("=", 1) for line in output.splitlines())
    required = set(re.findall(r"\$\{([A-Z_]+):\?", TEXT))
    assert set(values) == required
    assert all(len(value) >= 32 for value in values.values())


def test_no_process_list_shows_the_password_of_redis() -> None:
    shell, flag, script = SERVICES["redis"]["entrypoint"]
    assert (shell, flag) == ("sh", "-c")
    [last] = [line for line in script.splitlines() if line.startswith("exec ")]
    assert shlex.split(last)[:2] == ["exec", "redis-server"] and "PASSWORD" not in last
    # printf is built into the shell; the arguments of another program would be in the process list.
    assert all(
        "printf" in line or "$$(hash" in line for line in script.splitlines() if "PASSWORD" in line or "$$1" in line
    )
