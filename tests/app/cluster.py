"""Servers of one cluster as processes, and users who go where they are sent."""

import contextlib
import json
import pathlib
import re
import signal
import sqlite3

import programs
import sip
import xmpp
from programs import ask, until

REDIRECTS_MAX = 3


class ClusterCase(programs.Case):
    """Servers of musterd dev that share self.data."""

    OPTIONS = ("--auto-accounts", "--allow-all-watchers", "--log-level", "debug")

    def setUp(self):
        super().setUp()
        self.by_id = {}

    def join(self, name, *options):
        """A server of the cluster, once it has its lease."""
        lives = self.lives_of(name)
        server = self.serve("dev", "--data", self.data, "--id", name, *self.OPTIONS, *options,
                            log=self.folder / f"log-{name}")
        until(lambda: self.lives_of(name) > lives, f"the lease of {name}")
        self.by_id[name] = server
        return server

    def lives_of(self, name):
        """How many its log tells of."""
        log = self.folder / f"log-{name}"
        return log.read_text(errors="replace").count("lease-taken") if log.exists() else 0

    def together(self, *names, options=()):
        """So many servers, each of which knows the load of all."""
        for name in names:
            self.join(name, *options)
        self.settled(*names)
        return [self.by_id[name] for name in names]

    def settled(self, *names):
        until(lambda: self.know_one_another(*names), f"{names} know one another")

    def know_one_another(self, *names):
        """Each of these is linked to all that run, and the others are gone."""
        for name in names:
            try:
                rows = self.seen_by(name)
            except (FileNotFoundError, ConnectionError, json.JSONDecodeError):
                return False  # its life is over, or its new one has no control socket yet
            if sorted(rows) != sorted(names):
                return False
            # A candidate is told of nobody's load, and tells nobody its own.
            waits = rows[name]["role"] == "standby"
            if not all(row["itself"] or (row["linked"] and
                                         (waits or row["role"] == "standby" or "level" in row))
                       for row in rows.values()):
                return False
        return True

    def seen_by(self, name):
        """What that server alone knows, by id."""
        control = self.by_id[name].where["control"]
        with contextlib.closing(programs.connect_unix(control)) as peer:
            peer.sendall(b'{"do":"servers"}\n')
            told = json.loads(peer.makefile().readline())
        return by_id(told.get("servers", []))

    def listed(self):
        """What `muster servers` says, by id."""
        return by_id(json.loads(self.muster("servers", "--json").stdout))

    def muster(self, *words):
        return ask("muster", words[0], "--data", self.data, *words[1:])

    def where(self, user):
        """The id of the server that has this user, or None."""
        told = json.loads(self.muster("where", user, "--json").stdout)
        return None if told["server"] is None else id_of(told["server"])

    def address_of(self, name, protocol="xmpp"):
        return getattr(self.by_id[name], protocol)[0]

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


def is_stopped(process):
    """All its threads are."""
    threads = pathlib.Path(f"/proc/{process}/task").glob("*/stat")
    return all(stat.read_text().rpartition(")")[2].split()[0] == "T" for stat in threads)


def id_of(row):
    return re.match(r"sip:([^.]+)\.", row["svr_id"]).group(1)


def by_id(rows):
    return {id_of(row): row for row in rows}


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
