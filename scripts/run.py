"""`make run`: prepares the portal and keeps web, worker and clock running until Ctrl+C.

Environment: PORT (8000), DEMO=city (the whole city instead of the small demo on an empty database), and the portal's
CCHC_* settings. Every process stands in a group of its own and ends with this one, however this one ends.
"""

import contextlib
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 10.0  # seconds that a process has to end by itself
RESTARTS_A_MINUTE = 5
ACCOUNTS = """
  lan       cán bộ nhập liệu, Sở KH&CN Hà Nội     (reporter, HN-KHCN)
  minh      người duyệt, Sở KH&CN Hà Nội          (approver, HN-KHCN)
  tuan      cán bộ nhập liệu, Sở Ngoại vụ         (reporter, HN-NGV)
  hoa       trưởng đoàn kiểm tra                  (team head, HN-NV)
  khoa      thư ký đoàn kiểm tra                  (team secretary, HN-NV)
  quan      cán bộ theo dõi CCHC                  (programme officer, HN-NV)
  mai       cán bộ theo dõi CCHC                  (programme officer, HN-NV)
  lanhdao   lãnh đạo thành phố                    (leader, HN)
  kiemtoan  kiểm toán                             (auditor, HN-TTR)
  admin     quản trị hệ thống                     (administrator)
"""
libc = ctypes.CDLL(None, use_errno=True)


class Stopped(Exception):
    """A person or the system asked the portal to stop."""


def say(text):
    print(text, flush=True)


def end_with_parent(parent, number):
    """Asks the kernel to send signal `number` to this process when its parent dies, even by SIGKILL."""
    libc.prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it died before we asked
        os.kill(os.getpid(), number)


def environment():
    """The children's environment: what libraries scribble goes under var/, not into the home or /tmp."""
    for name in ("tmp", "cache"):
        (VAR / name).mkdir(parents=True, exist_ok=True)
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "cchc_portal.settings",
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(VAR / "tmp"),
        "XDG_CACHE_HOME": str(VAR / "cache"),
        # Celery's warning about root is for servers; on a person's machine root is who starts this or is not.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
    }


def start(arguments, **kwargs):
    """Starts a program of .venv in its own session; programs are run as modules so that a copied checkout works."""
    parent = os.getpid()

    def tie():
        end_with_parent(parent, signal.SIGTERM)

    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=tie,
        **kwargs,
    )


def wait_or_kill(children, seconds):
    """Gives the children `seconds` to end, then ends their groups: helpers they left behind go too."""
    deadline = time.monotonic() + seconds
    while any(child.poll() is None for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def port_number():
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SystemExit(f"PORT={text!r}: cần một số từ 1 đến 65535. / PORT takes a number from 1 to 65535.")
    return int(text)


def bind(port):
    """Takes the port before anything else happens; nothing listens on it until the portal is prepared."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind(("127.0.0.1", port))
    except PermissionError:
        raise SystemExit(
            f"Không được phép dùng cổng {port}; hãy chọn PORT từ 1024. / Port {port} needs root."
        ) from None
    except OSError as error:
        raise SystemExit(
            f"Cổng {port} đang bận ({error.strerror}); thử: make run PORT={port + 1}\n"
            f"Port {port} is taken; try another with PORT=…"
        ) from None
    return door


def demo_scale():
    text = os.environ.get("DEMO") or "small"
    if text not in ("small", "city"):
        raise SystemExit(f"DEMO={text!r}: chỉ nhận small hoặc city. / DEMO takes small or city.")
    return text


def prepare(scale):
    """Runs prepare.py to its end; an interruption is passed on and waited for."""
    child = start(["-m", "scripts.prepare", "--scale", scale])
    try:
        code = child.wait()
    except Stopped:
        child.send_signal(signal.SIGINT)
        wait_or_kill([child], PATIENCE)
        raise
    if code:
        raise SystemExit(code if code > 0 else 1)


def programs(door):
    """Name → how to start it. With Redis the clock is a process of its own, else it lives in the only worker."""
    web = ["-m", "gunicorn", "cchc_portal.wsgi:application", "--bind", f"fd://{door.fileno()}"]
    # Threads, because a browser opens spare connections that would each hold a whole process.
    web += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--preload", "--timeout", "60"]
    web += ["--graceful-timeout", "5", "--no-control-socket", "--log-level", "warning"]
    celery = ["-m", "celery", "--quiet", "-A", "cchc_portal"]
    worker = [*celery, "worker", "-l", "WARNING", "-n", f"worker-{os.getpid()}@%h"]
    # Prefork even for one child: threads would not honour the time limits.
    worker += ["--without-gossip", "--without-mingle", "--pool", "prefork", "--concurrency"]
    if os.environ.get("CCHC_REDIS_URL", "").strip():
        return {"web": web, "worker": [*worker, "2"], "clock": [*celery, "beat", "-l", "WARNING", "--pidfile="]}
    return {"web": web, "worker": [*worker, "1", "-B"]}


def answers(port):
    """Whether the portal answers a person: its sign-in page comes with 200."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/login/", headers={"Host": "localhost", "X-Forwarded-Proto": "https"})
        return connection.getresponse().status == 200
    except OSError:
        return False


def supervise(door, port):
    """Keeps the programs running; returns never, leaves by Stopped or when one of them cannot be kept alive."""
    commands = programs(door)
    children, starts, announced = {}, {name: [] for name in commands}, False
    began = time.monotonic()
    try:
        while True:
            for name, command in commands.items():
                child = children.get(name)
                # The pages come first: the worker's own start would take a core from them.
                if (child and child.poll() is None) or (name != "web" and not announced):
                    continue
                if child:
                    wait_or_kill([child], 0)
                    say(f"{name} dừng đột ngột (mã {child.returncode}), khởi động lại. / {name} ended, restarting")
                    time.sleep(0.5)
                now = time.monotonic()
                starts[name] = [at for at in starts[name] if now - at < 60] + [now]
                if len(starts[name]) > RESTARTS_A_MINUTE:
                    raise SystemExit(f"{name} không chạy được, xem lỗi ở trên. / {name} cannot be kept running.")
                children[name] = start(command, pass_fds=[door.fileno()] if name == "web" else [])
            if not announced and answers(port):
                announced = True
                announce(port)
            elif not announced and time.monotonic() - began > 60:
                raise SystemExit("Trang web không trả lời. / The portal does not answer; see the errors above.")
            time.sleep(0.5 if announced else 0.1)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in children.values():
            if child.poll() is None:
                child.terminate()
        wait_or_kill(list(children.values()), PATIENCE)
        with contextlib.suppress(ChildProcessError):  # grandchildren that the kernel handed to us
            deadline = time.monotonic() + 2
            while time.monotonic() < deadline:
                if os.waitpid(-1, os.WNOHANG) == (0, 0):
                    time.sleep(0.05)


def announce(port):
    say(f"\nCổng thông tin CCHC / portal:  http://127.0.0.1:{port}\n")
    say(f"Tài khoản mẫu, mật khẩu chung / demo accounts, password:  cchc-demo-2026{ACCOUNTS.rstrip()}\n")
    say("Ctrl+C để dừng / to stop.")


def stop(number, frame):
    raise Stopped


def main():
    port, scale = port_number(), demo_scale()
    if os.environ.get("MAKELEVEL"):  # started by make: end when make is killed
        end_with_parent(os.getppid(), signal.SIGTERM)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        with bind(port) as door:
            prepare(scale)
            door.listen(128)
            supervise(door, port)
    except Stopped:
        say("Đã dừng. / Stopped.")


if __name__ == "__main__":
    main()
