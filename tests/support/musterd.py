"""musterd as a process: how to start it, how it says that it is ready, what it needs of files."""

import json
import os
import pathlib
import select
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Another folder with the programs, to test what is not of the release build: with
# MUSTER_BIN=build/dev/bin the same cases run with ASan and UBSan.
BIN = pathlib.Path(os.environ.get("MUSTER_BIN", ROOT / "build" / "release" / "bin")).resolve()

# Of localhost on free ports, with data and certificate beside the file.
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
"""


def split_address(text):
    """("127.0.0.1", 5060) of "127.0.0.1:5060", and ("::1", 5060) of "[::1]:5060"."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def make_certificate(folder, name="localhost"):
    """NAME.crt, which signs itself, and NAME.key."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-noenc", "-days", "2", "-subj", f"/CN={name}",
         "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1",
         "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60)
    key.chmod(0o600)
    return certificate


def certify(folder, name):
    """NAME.crt and NAME.key, by the authority of ca.crt, which is made if it is not there."""
    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=60,
                       cwd=folder)
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
    if not (folder / "ca.crt").exists():
        openssl("req", "-x509", *new, "-days", "2", "-subj", "/CN=authority",
                "-keyout", "ca.key", "-out", "ca.crt")
    openssl("req", *new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    (folder / "names").write_text(f"subjectAltName=DNS:{name}\n", encoding="utf-8")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", f"{name}.crt")
    (folder / f"{name}.key").chmod(0o600)


def start(arguments, log, patience, **more):
    """The process, and the line by which it says that it is ready: "" if it does not."""
    ready, ready_of_child = os.pipe()
    with open(log, "ab") as out:
        process = subprocess.Popen(
            [BIN / "musterd", *map(str, arguments), "--ready-fd", str(ready_of_child)],
            pass_fds=[ready_of_child], stdin=subprocess.DEVNULL, stdout=out, stderr=out, **more)
    os.close(ready_of_child)
    with open(ready, encoding="utf-8") as line:
        return process, line.readline() if select.select([line], [], [], patience)[0] else ""


def addresses(told):
    """Where it listens, by protocol, as that line says."""
    where = json.loads(told)
    return {protocol: [split_address(text) for text in where[protocol]]
            for protocol in ("xmpp", "sip", "sips", "http", "wss")}
