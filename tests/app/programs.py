"""The two programs as processes: musterd that serves, musterd that refuses, muster."""

import json
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import musterd
from musterd import BIN, CONFIGURATION, certify, make_certificate

SAMPLE = musterd.ROOT / "config" / "musterd.toml"

# How long anything may take before a case fails: generous, for it is only waited out on failure.
PATIENCE_S = 30
LASTING_PORT_MIN = 10_000


def ask(program, *arguments, stdin="", **more):
    """Runs it to its end; what it printed and its exit code."""
    return subprocess.run([BIN / program, *map(str, arguments)], input=stdin, text=True,
                          capture_output=True, timeout=PATIENCE_S, check=False, **more)


class Server:
    """A musterd that became ready. It is killed with kill(); stop() is SIGTERM."""

    certificate = None  # that its peers could check: musterd dev makes one of its own

    def __init__(self, *arguments, log, **more):
        self.log_path = log
        self.process, self.told = musterd.start(arguments, log, PATIENCE_S, **more)
        if not self.told:
            self.kill()
            raise AssertionError(f"musterd does not get ready:\n{self.log()}")
        self.where = json.loads(self.told)
        self.data = pathlib.Path(self.where["data"])
        listens = musterd.addresses(self.told)
        self.xmpp, self.sip, self.sips, self.http, self.wss = listens.values()

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def is_alive(self):
        return self.process.poll() is None

    def send_signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.is_alive():
            self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; the exit code."""
        self.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


def connect_unix(path):
    """By its folder: a path may be longer than an address has room for."""
    path = pathlib.Path(path)
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.settimeout(PATIENCE_S)
    folder = os.open(path.parent, os.O_PATH)
    try:
        peer.connect(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
    return peer


def until(true, what, patience=PATIENCE_S):
    """Asks again and again: for what nothing tells of."""
    limit = time.monotonic() + patience
    while not (found := true()):
        if time.monotonic() > limit:
            raise AssertionError(f"did not come: {what}")
        select.select([], [], [], 0.01)
    return found


def lasting_ports(count):
    """Ports for UDP and TCP that nobody is given who asks for any: who ended can begin there again.
    """
    ends = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    ports = set()
    while len(ports) < count:
        port = random.randrange(LASTING_PORT_MIN, int(ends[0]))
        if all(is_free(port, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)):
            ports.add(port)
    return ports


def is_free(port, kind):
    with socket.socket(socket.AF_INET, kind) as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Case(unittest.TestCase):
    """A case with a folder of its own; the servers that it starts end with it."""

    folder = None

    def run(self, result=None):
        """The folder of one that failed stays: its logs are in it."""
        outcome = self.defaultTestResult() if result is None else result
        before = len(outcome.failures) + len(outcome.errors)
        super().run(outcome)
        if self.folder is None:
            return outcome
        if len(outcome.failures) + len(outcome.errors) > before:
            print(f"{self.id()} leaves {self.folder}", flush=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        return outcome

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="muster-app-"))
        self.data = self.folder / "data"
        self.servers = []

    def serve(self, *arguments, **more):
        server = Server(*arguments, **{"log": self.folder / "log"} | more)
        self.addCleanup(server.kill)
        self.servers.append(server)
        return server

    def develop(self, *arguments, **more):
        """musterd dev on free ports, data in self.data."""
        return self.serve("dev", "--data", self.data, "--xmpp", "127.0.0.1:0",
                          "--sip", "127.0.0.1:0", "--sips", "127.0.0.1:0",
                          "--http", "127.0.0.1:0",
                          "--log-level", "debug", *arguments, **more)

    def configure(self, text=""):
        """A configuration of localhost on free ports, and `text` behind it."""
        make_certificate(self.folder)
        path = self.folder / "musterd.toml"
        path.write_text(CONFIGURATION + text, encoding="utf-8")
        return path

    def add(self, address, *options, password="secret"):
        done = ask("muster", "user", "add", address, "--password-stdin", "--data", self.data,
                   *options, stdin=password + "\n")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return address
