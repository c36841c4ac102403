"""Servers of one cluster as processes, and what they say of one another and of their users."""

import contextlib
import json
import re

import programs
from programs import ask, until


class MembersCase(programs.Case):
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


def id_of(row):
    return re.match(r"sip:([^.]+)\.", row["svr_id"]).group(1)


def by_id(rows):
    return {id_of(row): row for row in rows}
