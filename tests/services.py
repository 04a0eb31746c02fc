"""Real PostgreSQL and Redis from Debian's binaries, on free loopback ports, in a folder that goes when they stop.

Nothing of the machine's own clusters is touched. The servers also end when this process is killed.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import redis

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


@dataclass(frozen=True)
class Services:
    """Addresses of the running servers."""

    postgres_port: int
    redis_port: int

    def database_url(self, name: str) -> str:
        return f"postgresql://cchc@127.0.0.1:{self.postgres_port}/{name}"

    def redis_url(self, number: int = 0) -> str:
        return f"redis://127.0.0.1:{self.redis_port}/{number}"

    def environment(self) -> dict[str, str]:
        """What makes the portal, and a test run started below this one, use these servers."""
        return {
            "CCHC_DATABASE_URL": self.database_url("postgres"),
            "CCHC_REDIS_URL": self.redis_url(),
            "CCHC_TEST_SERVICES": f"{self.postgres_port}:{self.redis_port}",
        }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def postgres_binaries() -> Path:
    """The folder of the newest installed PostgreSQL server."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].partition(".")[0])
    )
    found = versions[-1] if versions else shutil.which("initdb")
    if not found:
        raise RuntimeError("PostgreSQL is not installed; `make test` installs it, or: apt-get install postgresql")
    return Path(found).parent


def server_account() -> dict:
    """Popen's arguments for an ordinary user: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("neither postgres nor nobody exists as an account")


def start_server(command: list[str], stop_signal: int, log: Path, **kwargs) -> subprocess.Popen:
    """Starts a server in a session of its own which gets `stop_signal` should this process die."""

    def tie():
        libc.prctl(PR_SET_PDEATHSIG, stop_signal)

    with open(log, "wb") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=tie,
            **kwargs,
        )


def stop_server(server: subprocess.Popen, stop_signal: int) -> None:
    if server.poll() is None:
        server.send_signal(stop_signal)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def wait_for(ready, server: subprocess.Popen, log: Path, seconds: float = 30) -> None:
    """Waits until `ready()` raises nothing; shows the server's log when it died or takes too long."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            ready()
            return
        except (psycopg2.OperationalError, redis.ConnectionError) as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{server.args[0]} did not start:\n{log.read_text(errors='replace')}") from error
            time.sleep(0.05)


@contextlib.contextmanager
def postgres(folder: Path):
    """A cluster with Vietnamese ICU order and no durability; gives its port."""
    binaries, account, port = postgres_binaries(), server_account(), free_port()
    data, log = folder / "postgres", folder / "postgres.log"
    data.mkdir(mode=0o700)
    if account:
        os.chown(data, account["user"], account["group"])
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(data), "TZ": "UTC"}
    common = {"cwd": data, "env": environment, **account}
    words = [binaries / "initdb", "-D", data, "-U", "cchc", "--auth=trust", "--encoding=UTF8", "--no-sync"]
    help_text = subprocess.run([binaries / "initdb", "--help"], capture_output=True, text=True, check=True).stdout
    words += ["--locale=C.UTF-8"]
    if "--icu-locale" in help_text:
        words += ["--locale-provider=icu", "--icu-locale=vi-VN"]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **common)
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")
    options = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "100",
        "lock_timeout": "60s",  # a wait that nobody ends becomes an error that names the statement
    }
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *settings]
    server = start_server(command, signal.SIGINT, log, **common)  # SIGINT is PostgreSQL's fast shutdown
    try:
        wait_for(
            lambda: psycopg2.connect(host="127.0.0.1", port=port, user="cchc", dbname="postgres").close(), server, log
        )
        yield port
    finally:
        stop_server(server, signal.SIGINT)


@contextlib.contextmanager
def redis_server(folder: Path):
    """A Redis that keeps nothing and refuses rather than forgets; gives its port."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if not program:
        raise RuntimeError("Redis is not installed; `make test` installs it, or: apt-get install redis-server")
    port, log = free_port(), folder / "redis.log"
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    command += ["--appendonly", "no", "--maxmemory-policy", "noeviction"]
    server = start_server(command, signal.SIGTERM, log)
    try:
        client = redis.Redis(port=port)
        wait_for(client.ping, server, log)
        client.close()
        yield port
    finally:
        stop_server(server, signal.SIGTERM)


@contextlib.contextmanager
def running_services():
    """Both servers, or those that an outer test run has started already."""
    outer = os.environ.get("CCHC_TEST_SERVICES")
    if outer:
        yield Services(*map(int, outer.split(":")))
        return
    folder = Path(tempfile.mkdtemp(prefix="cchc-services-"))
    folder.chmod(0o711)  # the servers' account passes through, and lists nothing
    try:
        with postgres(folder) as postgres_port, redis_server(folder) as redis_port:
            yield Services(postgres_port, redis_port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":  # by hand: .venv/bin/python -m tests.services COMMAND…
    with running_services() as services:
        raise SystemExit(subprocess.call(sys.argv[1:], env=os.environ | services.environment()))
