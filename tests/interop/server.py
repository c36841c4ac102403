"""A musterd of the release build and its accounts: what the cases of this folder talk to."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import musterd
from musterd import BIN, ROOT

DOMAIN = "localhost"
PASSWORD = "open-sesame"  # baresip takes none that has a space

# How long anything may take before a case fails: generous, for it is only waited out on failure.
PATIENCE_S = 20


class Server:
    """A running musterd with a folder of its own. Knows where it listens and what it logged."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="muster-interop-"))
        self.data = self.folder / "data"
        self.log_path = self.folder / "log"
        self.certificate = None
        self.process = None

    def start(self, *arguments):
        self.process, told = musterd.start(arguments, self.log_path, PATIENCE_S)
        if not told:
            raise AssertionError(f"musterd does not get ready:\n{self.log()}")
        self.xmpp, self.sip, self.sips, self.http, self.wss = musterd.addresses(told).values()

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


def production_server(policy="", listen=""):
    """musterd run: nobody logs in without TLS, every SIP request proves whom it is from."""
    server = Server()
    server.certificate = musterd.make_certificate(server.folder)
    configuration = server.folder / "musterd.toml"
    configuration.write_text(
        musterd.CONFIGURATION + listen + '[log]\nlevel = "debug"\n[policy]\n' + policy,
        encoding="utf-8")
    server.data.mkdir(mode=0o700)
    server.start("run", "--config", configuration)
    return server
