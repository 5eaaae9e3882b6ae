"""A PostgreSQL server for tests, started from the binaries of the system and gone afterwards."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

PASSWORD = "geheim-7f3a"  # of a server that lives for one test session
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


def binaries():
    """Folder with initdb and pg_ctl of the newest server found, or None."""
    found = sorted(p for place in PLACES for p in Path("/").glob(place.lstrip("/")))
    found += [Path(p).resolve().parent for p in [shutil.which("initdb")] if p]
    return next((p for p in reversed(found) if (p / "initdb").exists() and (p / "pg_ctl").exists()), None)


def _user():
    """Keyword arguments that run a process as an ordinary user: a server refuses to run as root."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise LookupError("running as root, and there is no ordinary user to run the server")


@contextlib.contextmanager
def server():
    """Yields the address of a new server; raises LookupError with a reason where none can be started."""
    if os.name != "posix":
        raise LookupError("a server is started on POSIX systems only")
    programs = binaries()
    if programs is None:
        raise LookupError("the programs of a PostgreSQL server are not installed")
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: the path of a socket is limited
    if user:
        os.chown(folder, user["user"], user["group"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program, *arguments):
        command = [programs / program, *arguments]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC", "HOME": str(folder)}
        done = subprocess.run(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **user
        )
        if done.returncode:
            raise LookupError(f"{program} failed: {done.stderr.decode(errors='replace').strip()[:200]}")

    data, options = folder / "data", f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    password = folder / "password"
    password.write_text(PASSWORD)
    try:
        if user:
            os.chown(password, user["user"], user["group"])
        run("initdb", "-D", data, "-U", "jf", "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8", "-N")
        run("pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
        try:
            yield f"postgresql://jf:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
