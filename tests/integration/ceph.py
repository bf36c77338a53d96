"""A real S3 server on loopback: Ceph's RADOS gateway, with all its data in memory."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

KEY, SECRET = "test-key", "test-secret-of-nobody"
PROGRAMS = (
    "ceph",
    "ceph-authtool",
    "ceph-mon",
    "ceph-osd",
    "monmaptool",
    "radosgw",
    "radosgw-admin",
)
_SETTINGS = """\
[global]
fsid = 7a9f0b52-1f4b-4e0e-9d7c-3f6a3c1f2b10
mon_host = [v1:127.0.0.1:{mon}/0]
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
ms_bind_msgr2 = false
ms_bind_port_min = {first}
ms_bind_port_max = {last}
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_osd_full_ratio = .99
mon_data_avail_crit = 1
mon_data_avail_warn = 1
osd_objectstore = memstore
memstore_device_bytes = 1073741824
osd_max_object_name_len = 2048
# What is not even to be kept in memory of what happens: it takes a third of the processor time.
osd_enable_op_tracker = false
{quiet}
run_dir = {folder}/run
log_file = {folder}/log/$name.log
admin_socket = {folder}/run/$name.asok
pid_file = {folder}/run/$name.pid
mon_data = {folder}/mon
osd_data = {folder}/osd
keyring = {folder}/keyring
rgw_data = {folder}/rgw
[client.rgw.a]
rgw_frontends = beast endpoint=127.0.0.1:{gateway} tcp_nodelay=1{secure}
rgw_thread_pool_size = 32
rgw_enable_ops_log = false
rgw_enable_usage_log = false
"""

_QUIET = ("ms", "monc", "objclass", "objecter", "osd", "memstore", "rados", "rgw", "throttle")
_TRIES = 5


def is_installed() -> bool:
    """Return whether all programs of Ceph are there."""
    return all(map(shutil.which, PROGRAMS))


class Ceph:
    """A monitor, one store in memory and a gateway.

    Parameters
    ----------
    folder : Path
        Where they keep what they keep; a short path, for the sockets.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.port = _free_port()
        mon = _free_port()
        first = _free_port()
        for name in ("mon", "osd", "log", "run", "rgw"):
            (folder / name).mkdir()
        self.certificate = self._make_certificate()
        self._secure_port = _free_port()
        secure = f" ssl_endpoint=127.0.0.1:{self._secure_port} ssl_certificate={self.certificate}"
        secure += f" ssl_private_key={folder / 'server.key'}"
        self._settings = folder / "ceph.conf"
        self._settings.write_text(
            _SETTINGS.format(
                mon=mon,
                first=first,
                last=first + 100,
                folder=folder,
                gateway=self.port,
                secure=secure if self.certificate else "",
                quiet="\n".join(f"debug_{name} = 0/0" for name in _QUIET),
            )
        )
        self._mon = mon

    @property
    def endpoint(self) -> str:
        """Where the gateway listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def secure_endpoint(self) -> str:
        """Where the gateway listens for TLS, with a certificate that it signed itself."""
        return f"https://127.0.0.1:{self._secure_port}"

    @property
    def pids(self) -> list[int]:
        """The processes of it that run."""
        return [process.pid for process in self._running.values()]

    def start(self) -> None:
        """Start all of it, make a user, and wait until it answers."""
        ring, plan = self._folder / "keyring", self._folder / "monmap"
        caps = ["--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"]
        _call("ceph-authtool", "--create-keyring", ring, "--gen-key", "-n", "mon.", *caps[:3])
        _call("ceph-authtool", ring, "--gen-key", "-n", "client.admin", *caps)
        fsid = "7a9f0b52-1f4b-4e0e-9d7c-3f6a3c1f2b10"
        address = f"[v1:127.0.0.1:{self._mon}/0]"
        _call("monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", address, plan)
        self._call("ceph-mon", "--mkfs", "-i", "a", "--monmap", plan, "--keyring", ring)
        self._begin("mon", "ceph-mon", "-i", "a")
        self._until(lambda: self._call("ceph", "--connect-timeout", "5", "mon", "stat"))
        osd = "0d2c0d39-0f0c-4c8a-9a51-7f6d3f6f4c11"
        self._call("ceph", "osd", "new", osd)
        self._call("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        place = ("host=localhost", "root=default")
        self._call("ceph", "osd", "crush", "add", "osd.0", "1.0", *place)
        self._begin("osd", "ceph-osd", "-i", "0")
        self._until(self._has_store)
        self.start_gateway()
        user = ("--uid=test", "--display-name=Test", f"--access-key={KEY}", f"--secret={SECRET}")
        self._call("radosgw-admin", "user", "create", *user)

    def start_gateway(self) -> None:
        """Start the gateway and wait until it listens."""
        self._begin("gateway", "radosgw", "-n", "client.rgw.a")
        self._until(lambda: socket.create_connection(("127.0.0.1", self.port), 5).close() is None)

    def _make_certificate(self) -> Path | None:
        """Return a file with a certificate; None without openssl."""
        if shutil.which("openssl") is None:
            return None
        pem, key = self._folder / "server.pem", self._folder / "server.key"
        options = ("-days", "2", "-nodes", "-subj", "/CN=127.0.0.1")
        # Strict clients take no certificate of an authority for that of a server.
        for extension in ("subjectAltName=IP:127.0.0.1", "basicConstraints=critical,CA:FALSE"):
            options += ("-addext", extension)
        new = ("-x509", "-newkey", "rsa:2048", "-keyout", key, "-out", pem)
        _call("openssl", "req", *new, *options)
        return pem

    def _has_store(self) -> bool:
        # One in ten asks the monitor before it knows whose it is ("wrong fsid"), and ends.
        if self._running["osd"].poll() is not None:
            self._begin("osd", "ceph-osd", "-i", "0")
        return "1 up" in self._call("ceph", "osd", "stat")

    def kill_gateway(self) -> None:
        """Kill the gateway; what is stored stays."""
        gateway = self._running.pop("gateway")
        gateway.kill()
        gateway.wait(30)

    def stop(self) -> None:
        """Kill all of it."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.wait(30)

    def _begin(self, name: str, *command: str) -> None:
        log = (self._folder / "log" / f"{name}.out").open("ab")
        self._running[name] = subprocess.Popen(
            [*command, "-c", str(self._settings), "-f"], stdout=log, stderr=log
        )
        log.close()

    def _call(self, program: str, *arguments: object) -> str:
        for _ in range(_TRIES - 1):  # these too may ask too early
            with contextlib.suppress(subprocess.CalledProcessError):
                return _call(program, "-c", self._settings, *arguments)
            time.sleep(0.2)
        return _call(program, "-c", self._settings, *arguments)

    def _until(self, asks: Callable[[], object]) -> None:
        deadline = time.monotonic() + 180
        while True:
            try:
                if asks() is not False:
                    return
            except (subprocess.SubprocessError, OSError):
                pass
            if time.monotonic() > deadline:
                raise TimeoutError("Ceph does not start.")
            time.sleep(0.1)


def _call(program: str, *arguments: object) -> str:
    done = subprocess.run(
        [program, *map(str, arguments)],
        check=True,
        timeout=60,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "CEPH_ARGS": ""},
    )
    return done.stdout.decode()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
