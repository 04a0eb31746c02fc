"""Reading the CCHC_* environment: a wrong value stops the start and names its variable."""

import os
import secrets
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK_HOSTS = {"127.0.0.1", "localhost", "[::1]"}


def text(name: str, default: str = "") -> str:
    """The variable's text, stripped; `default` when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def boolean(name: str, default: bool) -> bool:
    """0 or 1. Anything else stops the start."""
    value = text(name, "1" if default else "0")
    if value not in ("0", "1"):
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value == "1"


def choice(name: str, allowed: tuple[str, ...], default: str) -> str:
    """One word of a closed list. Anything else stops the start."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def hosts(name: str) -> list[str]:
    """Comma-separated host names; the loopback names when unset. A wildcard or an address with a scheme is refused."""
    value = text(name)
    if not value:
        return sorted(LOOPBACK_HOSTS)
    names = [part.strip() for part in value.split(",") if part.strip()]
    for host in names:
        if "/" in host or "*" in host or " " in host:
            raise ImproperlyConfigured(f"{name} takes exact host names separated by commas, not {host!r}.")
    return names


def secret_key(var_dir: Path) -> str:
    """CCHC_SECRET_KEY, or the content of CCHC_SECRET_KEY_FILE, or a key made once under var/ with mode 0600."""
    key = text("CCHC_SECRET_KEY")
    file_name = text("CCHC_SECRET_KEY_FILE")
    if key and file_name:
        raise ImproperlyConfigured("CCHC_SECRET_KEY and CCHC_SECRET_KEY_FILE are both set; keep one.")
    if file_name:
        try:
            key = Path(file_name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"CCHC_SECRET_KEY_FILE cannot be read: {error.strerror}.") from error
        if len(key) < 50:
            raise ImproperlyConfigured("CCHC_SECRET_KEY_FILE holds a key of fewer than 50 characters.")
        return key
    if key:
        if len(key) < 50:
            raise ImproperlyConfigured("CCHC_SECRET_KEY has fewer than 50 characters.")
        return key
    path = var_dir / "secret_key"
    if not path.exists():
        made = path.with_name(f".secret_key.{os.getpid()}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write(secrets.token_urlsafe(64))
        try:
            os.link(made, path)  # the first of several processes wins, the others read its key
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_text(encoding="utf-8").strip()


def _parts(name: str, url: str) -> tuple[SplitResult, int | None]:
    """The parts of an address and its port. The message never repeats the address: it may hold a password."""
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: host or port is not written as it should be.") from error


def database(name: str, default_path: Path) -> dict:
    """Django's database settings from sqlite:///path or postgresql://user:password@host:port/name."""
    url = text(name, f"sqlite:///{default_path}")
    parts, port = _parts(name, url)
    if parts.scheme == "sqlite":
        path = unquote(parts.path[1:]) if parts.path.startswith("//") else unquote(parts.path)
        if not path or parts.netloc:
            raise ImproperlyConfigured(f"{name}: write sqlite:////absolute/path.sqlite3.")
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(f"{name}: the folder cannot be made: {error.strerror}.") from error
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            # Opening the file again for every request costs more than most requests.
            "CONN_MAX_AGE": 60,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA busy_timeout=20000;"
                    "PRAGMA foreign_keys=ON;PRAGMA cache_size=-20000;"
                ),
            },
        }
    if parts.scheme in ("postgres", "postgresql"):
        if not parts.path.strip("/"):
            raise ImproperlyConfigured(f"{name}: the database name is missing after the host.")
        # Compiling a wide statement costs PostgreSQL seconds and saves none at this size.
        options = {"options": "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s -c jit=off"}
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.strip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": options | dict(parse_qsl(parts.query)),
        }
    raise ImproperlyConfigured(f"{name} must begin with sqlite:/// or postgresql://, not {parts.scheme!r}.")


def redis_url(name: str) -> str:
    """A redis:// or rediss:// address, or empty for the embedded queue."""
    url = text(name)
    parts, _port = _parts(name, url)
    if url and (parts.scheme not in ("redis", "rediss") or not parts.hostname):
        raise ImproperlyConfigured(f"{name} must begin with redis:// or rediss:// and name a host.")
    return url


def base_url(name: str) -> str:
    """An http:// or https:// address without a slash at its end, or empty."""
    url = text(name).rstrip("/")
    parts, _port = _parts(name, url)
    if url and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
        raise ImproperlyConfigured(f"{name} must be an address such as https://cchc.example.vn, not {url!r}.")
    return url


def email(name: str) -> dict:
    """Mail settings from smtp://user:password@host:port, smtps://… (TLS at once), file:///folder, or the console."""
    url = text(name, "console:")
    parts, port = _parts(name, url)
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme == "file":
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": unquote(parts.path),
        }
    if parts.scheme in ("smtp", "smtps"):
        if not parts.hostname:
            raise ImproperlyConfigured(f"{name}: the mail server's host is missing.")
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": parts.hostname,
            "EMAIL_PORT": port or (465 if parts.scheme == "smtps" else 587),
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_SSL": parts.scheme == "smtps",
            "EMAIL_USE_TLS": parts.scheme == "smtp",
        }
    raise ImproperlyConfigured(f"{name} must begin with smtp://, smtps://, file:// or console:, not {parts.scheme!r}.")
