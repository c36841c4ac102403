"""Users of a cluster who go where they are sent, and servers of it that stand still."""

import contextlib
import os
import pathlib
import re
import signal
import sqlite3

import members
import programs
import sip
import xmpp
from programs import until

REDIRECTS_MAX = 3


class ClusterCase(members.MembersCase):
    """Servers of musterd dev that share self.data, and their users."""

    def stop_between_writes(self, server):
        """SIGSTOP, while nobody else can hold a file: whoever stands still within a write holds all
        up. No transaction is of both files, so nobody who holds one of them waits for the other."""
        with contextlib.ExitStack() as stack:
            for name in ("muster.db", "cluster.db"):
                file = stack.enter_context(contextlib.closing(sqlite3.connect(
                    self.data / name, timeout=programs.PATIENCE_S, isolation_level=None)))
                file.execute("BEGIN IMMEDIATE")  # until it is closed
            server.send_signal(signal.SIGSTOP)
            until(lambda: is_stopped(server.process.pid), "it stands still")

    def log_in(self, user, at, **more):
        """An available user, wherever she was sent; her stream, and whose it is."""
        stream, address = arrive(user, at, **more)
        self.addCleanup(stream.close)
        stream.send("<presence/>")
        stream.read_until(lambda s: s.tag == xmpp.PRESENCE and s.get("type") is None)
        return stream, next(name for name, server in self.by_id.items()
                            if address in server.xmpp)

    def phone(self, user, at):
        phone = sip.Phone(at, user)
        self.addCleanup(phone.close)
        return phone

    def register(self, phone):
        """Where it is sent, if it is; that server."""
        answer = phone.ask("REGISTER", ["Expires: 600"])
        if answer.status == 302:
            phone.server, uri = moved_to(answer)
            answer = phone.ask("REGISTER", ["Expires: 600"], uri=uri)
        self.assertEqual(200, answer.status, answer.first)
        return next(name for name, server in self.by_id.items() if phone.server in server.sip)


class ConfiguredCase(ClusterCase):
    """musterd run, with a [cluster]."""

    def configured(self, name, credentials, more=""):
        path = self.configure(f'[cluster]\nid = "{name}"\n{credentials}{more}')
        return path.rename(path.with_name(f"{name}.toml"))

    def run_as(self, name, credentials, more=""):
        server = self.serve("run", "--config", self.configured(name, credentials, more),
                            log=self.folder / f"log-{name}")
        until(lambda: "lease-taken" in server.log(), f"the lease of {name}")
        self.by_id[name] = server
        return server

    def key(self, name):
        path = self.folder / name
        path.write_bytes(os.urandom(32))
        path.chmod(0o600)
        return f'shared_key = "{name}"\n'


def is_stopped(process):
    """All its threads are."""
    threads = pathlib.Path(f"/proc/{process}/task").glob("*/stat")
    return all(stat.read_text().rpartition(")")[2].split()[0] == "T" for stat in threads)


def arrive(user, at, resource="r", patience=programs.PATIENCE_S, wrap=None,
           sent=lambda elsewhere: None, **more):
    """A stream with a bound resource, and the address where it could be bound. `sent` is told of
    each where she is sent."""
    name, domain = user.split("@")
    for _ in range(REDIRECTS_MAX):
        with contextlib.ExitStack() as stack:
            stream = stack.enter_context(
                contextlib.closing(xmpp.Stream(at, domain=domain, patience=patience, wrap=wrap)))
            if not stream.authenticate(name, **more):
                raise xmpp.Refused(f"{user} is not let in")
            elsewhere = stream.bind(resource)
            if elsewhere is None:
                stack.pop_all()
                return stream, at
        at = programs.musterd.split_address(elsewhere)
        sent(at)
    raise xmpp.Refused(f"{user} is sent from one to another")


def moved_to(answer):
    """The address and URI in the Contact of a 302."""
    uri = re.fullmatch(r"<(sip:[^>]+)>", answer.headers["contact"]).group(1)
    return programs.musterd.split_address(uri.rpartition("@")[2].removeprefix("sip:")), uri
