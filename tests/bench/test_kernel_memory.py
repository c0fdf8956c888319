"""The kernel's memory for connections: what grows with sockets is counted, and what belongs to the client is not."""

import socket

import pytest

from bench import kernel_memory

SLABS = """slabinfo - version: 2.1
# name <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> ...
TCP 10 13 2368 13 8 : tunables 0 0 0 : slabdata 1 1 0
dentry 42 42 192 21 1 : tunables 0 0 0 : slabdata 2 2 0
ext4_inode_cache 14 14 1128 14 4 : tunables 0 0 0 : slabdata 1 1 0
anon_vma_chain 64 64 64 64 1 : tunables 0 0 0 : slabdata 1 1 0
anon_vma 39 39 104 39 1 : tunables 0 0 0 : slabdata 1 1 0
proc_inode_cache 23 23 696 23 4 : tunables 0 0 0 : slabdata 1 1 0
"""


def test_caches_of_files_are_left_out_and_those_of_sockets_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf", lambda name: 4096)
    assert kernel_memory._slabs(SLABS) == (8 * 4096 + 2 * 4096 + 4096 - 23 * 192) / 1024


def test_a_server_is_charged_for_its_end_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_memory, "_port_kib", lambda: 0.25)
    assert kernel_memory.server_end_kib(8250.0, 1000) == 4.0
    assert kernel_memory.server_end_kib(-10.0, 1000) == 0.0


def test_a_gigabyte_is_ten_to_the_ninth_bytes() -> None:
    assert kernel_memory.readers_per_gb(0.25, 3.75) == pytest.approx(1e9 / 4096)


@pytest.mark.alone
def test_sockets_take_kilobytes_of_the_kernel() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        before = kernel_memory.slab_kib()
        ends = []
        for _ in range(2000):
            client = socket.create_connection(listener.getsockname())
            ends += [client, listener.accept()[0]]
        grown = kernel_memory.slab_kib() - before
        for end in ends:
            end.close()
    assert 2.0 < kernel_memory.server_end_kib(grown, 2000) < 8.0
    assert kernel_memory.available_gib() > 0.1
