"""Reads how much memory the kernel uses for sockets, and how much the machine has left; Linux only."""

import contextlib
import functools
import os
import socket
from pathlib import Path
from typing import Final

GIB: Final = 1 << 30
# Caches that grow with files, processes and page tables, and not with sockets.
_OTHERS: Final = (
    "anon_vma", "bio", "btrfs", "buffer_head", "cred", "erofs", "ext4", "files_cache", "fs_cache", "fuse",
    "inode_cache", "iint", "jbd2", "kernfs", "maple_node", "mm_struct", "mnt", "nsproxy", "ovl", "pid", "proc",
    "radix_tree", "sighand", "signal", "shmem", "squashfs", "task", "tw_sock", "vm_area", "vmap_area", "xfs",
)  # fmt: skip
# A cache of small objects that the kernel shares among several kinds, sockets among them.
_SHARED: Final = ("anon_vma_chain",)
# How many sockets are bound to measure a port, and KiB that no port exceeds, so that other processes cannot distort it.
_PORTS: Final = 4000
_MOST_OF_A_PORT: Final = 0.4


def slab_kib() -> float:
    """Returns the kernel's caches of small objects in KiB, without those of files and processes.

    They contain everything of a quiet connection, of both ends if it is over loopback. Without /proc/slabinfo, which
    only root may read, all of `Slab` of /proc/meminfo counts.
    """
    try:
        return _slabs(Path("/proc/slabinfo").read_text())
    except OSError:
        return _meminfo("Slab")


def _slabs(text: str) -> float:
    # slabinfo(5): name, active, objects, size, objects per slab, pages per slab : … : active slabs, slabs, shared.
    size, proc_inodes, dentry = 0, 0, 0
    for line in text.splitlines()[2:]:
        fields = line.split()
        name = fields[0]
        if name == "proc_inode_cache":
            proc_inodes = int(fields[2])
        elif name == "dentry":
            dentry = int(fields[3])
        if name in _SHARED or not name.startswith(_OTHERS):
            size += int(fields[5]) * int(fields[-2]) * os.sysconf("SC_PAGE_SIZE")
    # Whatever watches the machine leaves an inode and a directory entry for each file of /proc that it read.
    return (size - proc_inodes * dentry) / 1024


def server_end_kib(growth: float, connections: int) -> float:
    """Returns the server's part of the `growth` of `slab_kib` by `connections` over loopback, in KiB for each.

    Both ends have the same structures, and the client's also a local port.
    """
    return max(0.0, growth / connections - _port_kib()) / 2


@functools.cache
def _port_kib() -> float:
    """Returns what the kernel keeps for a local port that one socket is bound to."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(_PORTS)]
        before = slab_kib()
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return max(0.0, min(_MOST_OF_A_PORT, (slab_kib() - before) / _PORTS))


def tcp_kib() -> float:
    """Returns the memory of TCP's buffers of the machine in KiB, as the kernel counts it."""
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            return int(line.split()[-1]) * os.sysconf("SC_PAGE_SIZE") / 1024
    return 0.0


def available_gib() -> float:
    """Returns how much memory processes can still get before the machine swaps or kills one."""
    return _meminfo("MemAvailable") * 1024 / GIB


def _meminfo(name: str) -> float:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return float(line.split()[1])
    return 0.0


def readers_per_gb(own_kib: float, kernel_kib: float) -> float:
    """Returns how many readers 10⁹ bytes hold, from the KiB of the process and of the kernel for each."""
    return 1e9 / 1024 / max(own_kib + kernel_kib, 1e-6)
