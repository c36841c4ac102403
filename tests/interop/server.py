"""A musterd of the release build and its accounts: what the cases of this folder talk to."""

import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
# MUSTER_BIN=build/dev/bin: the same cases, with ASan and UBSan.
BIN = pathlib.Path(os.environ.get("MUSTER_BIN", ROOT / "build" / "release" / "bin")).resolve()
DOMAIN = "localhost"
PASSWORD = "open-sesame"  # baresip takes none that has a space

# How long anything may take before a case fails: generous, for it is only waited out on failure.
PATIENCE_S = 20


def split_address(text):
    """("127.0.0.1", 5060) of "127.0.0.1:5060", and ("::1", 5060) of "[::1]:5060"."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


class Server:
    """A running musterd with a folder of its own. Knows where it listens and what it logged."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="muster-interop-"))
        self.data = self.folder / "data"
        self.log_path = self.folder / "log"
        self.certificate = None
        self.process = None

    def start(self, *arguments):
        ready, ready_of_child = os.pipe()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [BIN / "musterd", *arguments, "--ready-fd", str(ready_of_child)],
                pass_fds=[ready_of_child], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        os.close(ready_of_child)
        with open(ready, encoding="utf-8") as line:
            if not select.select([line], [], [], PATIENCE_S)[0]:
                raise AssertionError("musterd does not get ready")
            text = line.readline()
        if not text:
            raise AssertionError(f"musterd ended at its start:\n{self.log()}")
        where = json.loads(text)
        self.xmpp, self.sip, self.sips = (
            [split_address(address) for address in where[protocol]]
            for protocol in ("xmpp", "sip", "sips"))

    def add(self, name, *options, password=PASSWORD):
        """Adds the account name@localhost and returns its address."""
        address = f"{name}@{DOMAIN}"
        subprocess.run(
            [BIN / "muster", "user", "add", address, "--password-stdin", "--data", self.data,
             *options],
            input=password + "\n", text=True, check=True, capture_output=True,
            timeout=PATIENCE_S)
        return address

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def is_alive(self):
        return self.process.poll() is None

    def kill(self):
        if self.process and self.is_alive():
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def development_server(*arguments):
    """musterd dev: passwords may cross without TLS, SIP from loopback is believed."""
    server = Server()
    server.start("dev", "--data", server.data, "--log-level", "debug",
                 "--xmpp", "127.0.0.1:0", "--xmpp", "[::1]:0",
                 "--sip", "127.0.0.1:0", "--sip", "[::1]:0", "--sips", "127.0.0.1:0", *arguments)
    return server


CONFIGURATION = """\
data = "data"
[[domain]]
name = "localhost"
certificate = "localhost.crt"
key = "localhost.key"
[listen]
xmpp = ["127.0.0.1:0"]
sip = ["127.0.0.1:0"]
sips = ["127.0.0.1:0"]
[log]
level = "debug"
[policy]
"""


def make_certificate(folder):
    """localhost.crt, which signs itself, and localhost.key."""
    certificate = folder / "localhost.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-noenc", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", folder / "localhost.key", "-out", certificate],
        check=True, capture_output=True, timeout=PATIENCE_S)
    (folder / "localhost.key").chmod(0o600)
    return certificate


def production_server(policy=""):
    """musterd run: nobody logs in without TLS, every SIP request proves whom it is from."""
    server = Server()
    server.certificate = make_certificate(server.folder)
    configuration = server.folder / "musterd.toml"
    configuration.write_text(CONFIGURATION + policy, encoding="utf-8")
    server.data.mkdir(mode=0o700)
    server.start("run", "--config", configuration)
    return server
