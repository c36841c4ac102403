"""Hosts on one machine: network namespaces that a switch in one more of them joins. Between any two
of them it carries what one sends to the other, or drops it without a word, as a firewall or a
broken cable does. The machine's own network has no part in it."""

import contextlib
import ctypes
import os
import pathlib
import subprocess

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PREFIX = "muster-"
# What is dropped is known by the ports where it comes and goes: so no ARP gets through either.
RULES = """
table bridge cuts {
  set between { type ifname . ifname; }
  chain forward {
    type filter hook forward priority 0;
    iifname . oifname @between drop
  }
}
"""


class Host:
    """A namespace with one address, which is up as is its loopback."""

    def __init__(self, name, address):
        self.name, self.address = name, address
        self.namespace = f"{PREFIX}{os.getpid()}-{name}"

    @contextlib.contextmanager
    def inside(self):
        """Sockets that are opened meanwhile by this thread are of this host, and stay so; and
        programs that it starts run there."""
        with open("/proc/thread-self/ns/net", "rb") as before:
            with open(f"/run/netns/{self.namespace}", "rb") as there:
                enter(there)
            try:
                yield
            finally:
                enter(before)


def enter(namespace):
    if LIBC.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def ip(*words):
    run("ip", *words)


def run(*words, stdin=""):
    done = subprocess.run(words, input=stdin, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError("hosts cannot be made or joined here, which takes root, network"
                             f" namespaces, veth, and nftables for bridges: {' '.join(words)}:"
                             f" {done.stderr.strip()}")


def remove_abandoned():
    """The namespaces of runners that were killed."""
    for path in pathlib.Path("/run/netns").glob(PREFIX + "*-*"):
        runner = path.name.split("-")[1]
        if runner.isdigit() and not pathlib.Path(f"/proc/{runner}").exists():
            with contextlib.suppress(AssertionError):  # somebody else was quicker
                ip("netns", "delete", path.name)


class Here:
    """The machine's own network, for those who are to be at some host."""

    @staticmethod
    def inside():
        return contextlib.nullcontext()


class Network:
    """Hosts by their names; end() leaves nothing of them."""

    def __init__(self, *names):
        self.hosts = {name: Host(name, f"10.0.0.{number}") for number, name in enumerate(names, 1)}
        self.switch = Host("switch", None)

    def __getitem__(self, name):
        return self.hosts[name]

    def begin(self):
        remove_abandoned()
        at_switch = ("-n", self.switch.namespace, "link")
        ip("netns", "add", self.switch.namespace)
        ip(*at_switch, "add", "name", "bridge", "up", "type", "bridge")
        for name, host in self.hosts.items():
            ip("netns", "add", host.namespace)
            ip(*at_switch, "add", "name", name, "up", "master", "bridge", "type", "veth",
               "peer", "name", "eth0", "netns", host.namespace)
            ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
            ip("-n", host.namespace, "link", "set", "eth0", "up")
            ip("-n", host.namespace, "link", "set", "lo", "up")
        self.filter(RULES)

    def filter(self, commands):
        with self.switch.inside():
            run("nft", "-f", "-", stdin=commands)

    def cut_one_way(self, *ways):
        """Of each (one, other): nothing that the one sends reaches the other."""
        ways = ", ".join(f"{one} . {other}" for one, other in ways)
        self.filter(f"add element bridge cuts between {{ {ways} }}\n")

    def cut(self, one, *others):
        self.cut_one_way(*((one, other) for other in others), *((other, one) for other in others))

    def heal(self):
        self.filter("flush set bridge cuts between\n")

    def end(self):
        with contextlib.ExitStack() as all_of_them:
            for host in (*self.hosts.values(), self.switch):
                if pathlib.Path(f"/run/netns/{host.namespace}").exists():
                    all_of_them.callback(ip, "netns", "delete", host.namespace)
