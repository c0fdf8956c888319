"""The desk as a separate process on real sockets, while its server freezes, dies and comes back."""

import signal
import time

import pytest
import redis

from tests.support.desk_process import Machine
from tests.support.waiting import until


@pytest.mark.alone
def test_a_frozen_server_is_503_within_three_seconds_and_nothing_is_doubled_after(machine: Machine) -> None:
    machine.post("first")
    machine.valkey.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    frozen = machine.post("frozen")
    assert time.monotonic() - started < 3
    assert frozen.status_code == 503 and frozen.headers["retry-after"].isdigit()
    assert until(lambda: machine.ready() is not True, seconds=5) < 5
    machine.valkey.send_signal(signal.SIGCONT)
    until(lambda: machine.ready() is True, seconds=5)
    assert machine.post("frozen").status_code == 201
    assert len(machine.http.get("/v1/items").json()["items"]) == 2


def test_acknowledged_items_survive_a_kill_of_the_server(machine: Machine) -> None:
    acknowledged = [machine.post(f"{number}").json()["item"]["uri"] for number in range(20)]
    machine.valkey.kill()
    machine.valkey.wait()
    down = machine.post("down")
    assert down.status_code == 503
    assert until(lambda: machine.ready() is not True, seconds=5) < 5
    machine.start_valkey()
    until(lambda: machine.ready() is True, seconds=5)
    assert machine.post("down").status_code == 201
    listed = [item["uri"] for item in machine.http.get("/v1/items").json()["items"]]
    assert set(acknowledged) < set(listed) and len(listed) == 21


@pytest.mark.deep
def test_a_desk_killed_after_the_script_answers_the_same_when_it_is_back(machine: Machine) -> None:
    first = machine.post("one")
    machine.desk.kill()
    machine.desk.wait()
    machine.http.close()
    machine.desk, machine.http = machine.start_desk()
    assert machine.post("one").content == first.content


@pytest.mark.deep
def test_a_desk_stops_cleanly_and_soon_after_sigterm(machine: Machine) -> None:
    machine.post("one")
    machine.desk.terminate()
    started = time.monotonic()
    assert machine.desk.wait(timeout=5) == 0
    assert time.monotonic() - started < 3.5


@pytest.mark.deep
def test_the_log_has_no_token_and_no_headline(machine: Machine) -> None:
    machine.post("one", text="Civil Defence: A line of its own")
    machine.http.get("/v1/items", headers={"Authorization": "Bearer fw_wrong-token"})
    machine.http.post("/v1/session", json={"token": "fw_another-wrong-token"})
    machine.desk.terminate()
    machine.desk.wait(timeout=5)
    log = (machine.folder / "desk.log").read_text("utf-8")
    assert '"event":"published"' in log.replace(" ", "")
    for secret in (machine.token, "wrong-token", "A line of its own", "Traceback"):
        assert secret not in log


@pytest.mark.deep
def test_a_server_that_refuses_writes_is_503(machine: Machine) -> None:
    with redis.Redis(unix_socket_path=str(machine.socket), legacy_responses=False) as client:
        client.config_set("maxmemory", "1")
        full = machine.post("full")
        assert full.status_code == 503
        client.config_set("maxmemory", "0")
        assert machine.post("full").status_code == 201
        client.replicaof("127.0.0.1", 1)
        assert machine.post("replica").status_code == 503
        client.replicaof("NO", "ONE")
        assert machine.post("replica").status_code == 201
    assert len(machine.http.get("/v1/items").json()["items"]) == 2
