"""Debian's PostgreSQL as a process of the cases: on a socket in a folder of its own, or at a host
of its own; with a password. It does not outlive the runner, however that ends."""

import atexit
import contextlib
import ctypes
import fcntl
import functools
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

import programs

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
PASSWORD = "gut-gehuetet"


def whose():
    """PostgreSQL refuses to be root's; Debian's package makes a user for it."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
PREFIX = "muster-postgres-"


def end_with(runner):
    """In the child, as the user that it is."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
    if os.getppid() != runner:
        os.kill(os.getpid(), signal.SIGQUIT)


def lock(folder):
    """A descriptor, or None if the folder is somebody else's."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def remove_abandoned():
    """The folders of runners that were killed. Who makes one locks it while it is empty."""
    for folder in pathlib.Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        try:
            if not any(folder.iterdir()):
                continue
            descriptor = lock(folder)
        except OSError:
            continue
        if descriptor is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)


def own_folder():
    """Of the user that PostgreSQL runs as; and its lock."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX))
    locked = lock(folder)
    if user := whose():
        os.chown(folder, user.pw_uid, user.pw_gid)
    return folder, locked


def as_user():
    if not (user := whose()):
        return {"cwd": "/"}
    return {"cwd": "/", "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@functools.cache
def new_data():
    """What initdb makes, once for all cases of a runner: it takes seconds."""
    folder, _ = own_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    password = folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    subprocess.run(
        [PROGRAMS / "initdb", "--pgdata", folder / "data", "--username", "muster",
         "--auth", "scram-sha-256", "--pwfile", password, "--encoding", "UTF8", "--no-sync"],
        check=True, capture_output=True, timeout=programs.PATIENCE_S, **as_user())
    return folder / "data"


class Postgres:
    """A server with one empty database, `muster`. It ends with end()."""

    def __init__(self):
        remove_abandoned()
        self.folder, self.lock = own_folder()
        self.user = whose()
        self.process = None
        subprocess.run(["cp", "-a", new_data(), self.folder / "data"], check=True)
        self.passfile = self.folder / "pgpass"
        self.passfile.write_text(f"*:*:*:muster:{PASSWORD}\n", encoding="utf-8")
        self.passfile.chmod(0o600)
        self.prepare()
        self.start()
        self.run("CREATE DATABASE muster", "postgres")

    def prepare(self):
        """What else is to be there before it starts."""

    # Where it runs, what it is told of where to listen, and where it is reached.

    def inside(self):
        return contextlib.nullcontext()

    def listening(self):
        return ["-h", "", "-k", self.folder]

    def place(self):
        return f"host={self.folder}"

    def connection(self, database="muster"):
        return f"{self.place()} user=muster dbname={database} passfile={self.passfile}"

    def run(self, statement, database="muster"):
        """What psql says of it."""
        with self.inside():
            done = subprocess.run(
                [PROGRAMS / "psql", "-Atc", statement, self.connection(database)], text=True,
                capture_output=True, timeout=programs.PATIENCE_S, check=True)
        return done.stdout.strip()

    def begin(self):
        runner = os.getpid()
        with open(self.folder / "log", "ab") as log, self.inside():
            self.process = subprocess.Popen(
                [PROGRAMS / "postgres", "-D", self.folder / "data", *self.listening()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=lambda: end_with(runner), **as_user())

    def is_there(self):
        # After a kill, the processes that it left may still hold the folder: then it ends at once.
        if self.process.poll() is not None:
            self.begin()
        with self.inside():
            asked = subprocess.run([PROGRAMS / "pg_isready", "-q", "-d", self.place()],
                                   timeout=programs.PATIENCE_S, check=False)
        return asked.returncode == 0

    def start(self):
        self.begin()
        programs.until(self.is_there, "PostgreSQL")

    def kill(self):
        """With all that serves a connection: alone, each would answer until it looks for its
        postmaster."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        self.process.kill()
        for child in children.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        self.process.wait()

    def end(self):
        self.process.send_signal(signal.SIGQUIT)  # at once: nobody reads what it had to write
        self.process.wait(programs.PATIENCE_S)
        os.close(self.lock)
        shutil.rmtree(self.folder, ignore_errors=True)


class HostPostgres(Postgres):
    """At a host, at its address alone, and over TLS alone: it shows the certificate of NAME that
    is beside that of `authority`, to which it leads."""

    NAME = "db.localhost"

    def __init__(self, host, authority):
        self.host, self.authority = host, authority
        super().__init__()

    def prepare(self):
        for suffix in (".crt", ".key"):
            path = self.folder / (self.NAME + suffix)
            shutil.copy(self.authority.with_name(path.name), path)
            path.chmod(0o600)
            if self.user:
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        (self.folder / "data" / "pg_hba.conf").write_text(
            "hostssl all muster all scram-sha-256\n", encoding="utf-8")

    def inside(self):
        return self.host.inside()

    def listening(self):
        return ["-h", self.host.address, "-k", "", "-l",
                f"--ssl_cert_file={self.folder}/{self.NAME}.crt",
                f"--ssl_key_file={self.folder}/{self.NAME}.key"]

    def place(self):
        return (f"host={self.NAME} hostaddr={self.host.address} sslmode=verify-full"
                f" sslrootcert={self.authority}")
