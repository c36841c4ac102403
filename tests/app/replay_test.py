"""What `musterd --record` writes is replayed by `muster sim --replay` to the same orders, and holds
nothing that proves who a user is."""

import base64
import hashlib
import hmac
import os
import re
import resource
import secrets
import signal
import socket
import stat
import struct
import threading

import programs
import sip
import xmpp

PASSWORD = "p4ss & wort"
MASK = (1 << 64) - 1


class Sessions(threading.Thread):
    """An XMPP user who does a bit of everything, with a contact."""

    def __init__(self, server, name, contact):
        super().__init__(daemon=True)
        self.server, self.name_, self.contact = server, name, contact
        self.failure = None

    def run(self):
        try:
            self.live()
        except (OSError, AssertionError) as failure:
            self.failure = failure

    def live(self):
        for number in range(3):
            stream = xmpp.Stream(self.server.xmpp[0])
            assert stream.log_in(self.name_, resource=f"r{number}")
            stream.roster()
            stream.send("<presence/>"
                        f"<presence type='subscribe' to='{self.contact}@localhost'/>"
                        f"<presence type='subscribed' to='{self.contact}@localhost'/>")
            for status in range(20):
                stream.send(f"<presence><status>{status}</status></presence>"
                            f"<message to='{self.contact}@localhost'><body>{status}</body>"
                            "</message>")
            stream.ask("set", xmpp.roster_set("nobody@localhost", f"n{number}"))
            if number == 1:
                stream.send("</stream:stream>")
            stream.close()


def hash_word(a, b):
    product = (a & MASK) * (b & MASK)
    return (product & MASK) ^ (product >> 64)


def hash_bytes(data, seed=0):
    """As src/base/digest.cc has it."""
    odd1, odd2 = 0x9e3779b97f4a7c15, 0xd1b54a32d192ed03
    value = hash_word(seed ^ odd1, len(data) ^ odd2)
    whole = len(data) - len(data) % 8
    for (word,) in struct.iter_unpack("<Q", data[:whole]):
        value = hash_word(value ^ word, odd1)
    if whole < len(data):
        value = hash_word(value ^ int.from_bytes(data[whole:], "little"), odd2)
    return hash_word(value, odd1)


def blocks_of(data):
    """src/server/record/format.h: [(the first 16 bytes of the header, the content)]."""
    at, blocks = 0, []
    while at < len(data):
        size, = struct.unpack_from("<I", data, at + 4)
        content = data[at + 24:at + 24 + size]
        blocks.append((data[at:at + 16], content))
        at += 24 + size
    return blocks


def sealed(blocks):
    return b"".join(header + struct.pack("<Q", hash_bytes(content, hash_bytes(header))) + content
                    for header, content in blocks)


class RecordedCase(programs.Case):
    """A case whose server records."""

    def setUp(self):
        super().setUp()
        self.recording = self.folder / "recording"

    def record(self, *options, **more):
        return self.develop("--threads", 2, "--record", self.recording, "--auto-accounts",
                            *options, **more)

    def replay(self, *options):
        return programs.ask("muster", "sim", "--replay", self.recording, *options)

    def assert_same(self, *words):
        done = self.replay()
        self.assertEqual((0, ""), (done.returncode, done.stderr), done.stdout[-2000:])
        for word in ("the same in ", *words):
            self.assertIn(word, done.stdout)
        return done


class ReplayTest(RecordedCase):
    def load(self, server):
        names = [f"user{number}" for number in range(6)]
        users = [Sessions(server, name, names[i - 1]) for i, name in enumerate(names)]
        for user in users:
            user.start()
        phones = [sip.Phone(server.sip[0], f"{name}@localhost") for name in names[:4]]
        for phone, name in zip(phones, names[1:]):
            self.addCleanup(phone.close)
            phone.watch(f"{name}@localhost")
            etag = phone.publish("first").headers["sip-etag"]
            phone.publish("second", etag)
            phone.ask("MESSAGE", ["Content-Type: text/plain"], "hello", to=f"{name}@localhost")
        for user in users:
            user.join(programs.PATIENCE_S)
            self.assertIsNone(user.failure)

    def test_a_mixed_load_comes_to_the_same_orders(self):
        server = self.record()
        self.load(server)
        self.assertEqual(0, server.stop())
        self.assert_same("2 shards", "it ends with the server")
        words = self.replay("--words").stdout
        for user in range(6):
            logins = f"SaslAnswered link \\S+ \\(user{user}@localhost, \\S+\\): success"
            self.assertEqual(3, len(re.findall(logins, words)))
        self.assertIn("HandOver link", words)
        self.assertIn("DatagramReceived of 127.0.0.1", words)

    def test_what_a_killed_server_recorded_is_replayed_as_far_as_it_goes(self):
        server = self.record()
        self.load(server)
        # The last of it leaves within a second, whatever comes.
        last = xmpp.Stream(server.xmpp[0], domain="localhost")
        self.addCleanup(last.close)
        last.log_in("user0")
        last.send("<presence><status>the very last word</status></presence>")
        programs.until(lambda: b"the very last word" in self.recording.read_bytes(), "the block")
        server.kill()
        self.assert_same("it was cut short; 0 bytes")
        whole = self.recording.read_bytes()
        for cut in (1, 100, 5_000, len(whole) // 2):
            self.recording.write_bytes(whole[:-cut])
            self.assert_same("it was cut short")

    def test_a_word_that_was_not_said_makes_a_difference(self):
        server = self.record()
        stream = xmpp.Stream(server.xmpp[0])
        self.addCleanup(stream.close)
        stream.log_in("alice")
        stream.send("<presence><status>at lunch</status></presence>")
        stream.read_until(lambda s: s.tag == xmpp.PRESENCE)
        self.assertEqual(0, server.stop())
        self.assert_same()
        blocks = blocks_of(self.recording.read_bytes())
        self.assertEqual(self.recording.read_bytes(), sealed(blocks))
        self.recording.write_bytes(sealed(
            [(header, content.replace(b"at lunch", b"at munch")) for header, content in blocks]))
        done = self.replay()
        self.assertEqual(3, done.returncode)
        self.assertIn("different after", done.stdout)
        self.assertRegex(done.stdout, r"shard [01], step \d+, at [\d.]+ s: BytesReceived link \S+"
                                      r" \(alice@localhost, [\d.:]+\): .*at munch")
        self.assertIn("says something else than when it was recorded", done.stdout)

    def test_what_is_no_recording_is_refused(self):
        for content in (b"", b"something else", os.urandom(10_000)):
            self.recording.write_bytes(content)
            done = self.replay()
            self.assertEqual((2, ""), (done.returncode, done.stdout))
            self.assertIn("this is no recording of musterd", done.stderr)

    def test_the_file_is_its_owners_and_never_written_over(self):
        server = self.record()
        self.assertEqual(0o600, stat.S_IMODE(self.recording.stat().st_mode))
        server.stop()
        before = self.recording.read_bytes()
        done = programs.ask("musterd", "dev", "--record", self.recording, "--xmpp", "127.0.0.1:0",
                            "--sip", "127.0.0.1:0")
        self.assertEqual(1, done.returncode)
        self.assertIn("it is there already, and is not written over", done.stderr)
        self.assertEqual(before, self.recording.read_bytes())

    def test_a_full_disk_ends_the_recording_and_nothing_else(self):
        def small_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
        server = self.record(preexec_fn=small_files)
        stream = xmpp.Stream(server.xmpp[0])
        self.addCleanup(stream.close)
        stream.log_in("alice")
        stream.send("<presence/>")
        body = "x" * 20_000
        while "recording-ended" not in server.log():
            stream.send(f"<message to='alice@localhost'><body>{body}</body></message>")
            stream.read_until(lambda s: s.tag == xmpp.MESSAGE)
        self.assertEqual("result", stream.ask("get", "<ping xmlns='urn:xmpp:ping'/>").get("type"))
        self.assertEqual(0, server.stop())
        self.assertEqual(1, server.log().count("recording-ended"))
        self.assertIn("it goes as far as its first", server.log())
        self.assert_same()


# --- secrets -------------------------------------------------------------------------------------

def b64(data):
    return base64.b64encode(data).decode()


class Known:
    """What nobody may find: the secrets, and all ways to write them."""

    def __init__(self):
        self.texts = set()

    def add(self, *secret_bytes):
        for one in secret_bytes:
            self.texts |= {one, one.hex().encode(), one.hex().upper().encode(),
                           base64.b64encode(one).rstrip(b"=")}

    def add_password(self, user, password):
        """With what digest keeps of it."""
        self.add(password.encode(), password.replace("&", "&amp;").encode(),
                 f"\0{user}\0{password}".encode())
        for algorithm in (hashlib.md5, hashlib.sha256):
            self.add(algorithm(f"{user}:localhost:{password}".encode()).digest())


def scram(stream, user, password, known, mechanism="SCRAM-SHA-256", algorithm="sha256"):
    """A login by RFC 5802; True: the server proved itself, too."""
    def mac(key, text):
        return hmac.new(key, text.encode() if isinstance(text, str) else text, algorithm).digest()

    def say(element, text, attributes=""):
        stream.send(f"<{element} xmlns='urn:ietf:params:xml:ns:xmpp-sasl'{attributes}>"
                    f"{b64(text.encode())}</{element}>")
        return base64.b64decode(stream.read().text).decode()
    first = f"n={user},r={secrets.token_hex(12)}"
    challenge = say("auth", "n,," + first, f" mechanism='{mechanism}'")
    fields = dict(part.split("=", 1) for part in challenge.split(","))
    salted = hashlib.pbkdf2_hmac(algorithm, password.encode(), base64.b64decode(fields["s"]),
                                 int(fields["i"]))
    last = f"c=biws,r={fields['r']}"
    words = ",".join((first, challenge, last))
    own_key = mac(salted, "Client Key")
    stored = hashlib.new(algorithm, own_key).digest()
    proof = bytes(a ^ b for a, b in zip(own_key, mac(stored, words)))
    signature = mac(mac(salted, "Server Key"), words)
    known.add(salted, own_key, stored, proof, signature, mac(salted, "Server Key"),
              challenge.encode(), f"{last},p={b64(proof)}".encode(), ("n,," + first).encode(),
              f"v={b64(signature)}".encode())
    return say("response", f"{last},p={b64(proof)}") == f"v={b64(signature)}"


class Trickle(xmpp.Stream):
    """Says each byte by itself."""

    def send(self, text):
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in text.encode():
            super().send(bytes([byte]))


class SecretsTest(RecordedCase):
    def assert_nothing_of(self, known):
        content = self.recording.read_bytes()
        for text in known.texts:
            self.assertNotIn(text, content)

    def test_the_ways_to_log_in_leave_no_secret(self):
        known = Known()
        server = self.record()
        for stream_type in (xmpp.Stream, Trickle):
            user = f"u{stream_type.__name__.lower()}"
            known.add_password(user, PASSWORD)
            known.add_password(user, "second " + PASSWORD)
            stream = stream_type(server.xmpp[0])
            self.addCleanup(stream.close)
            self.assertEqual("result", stream.register(user, PASSWORD))
            self.assertTrue(stream.log_in(user, PASSWORD))
            change = stream.ask("set", "<query xmlns='jabber:iq:register'>"
                                       f"<username>{user}</username><password>"
                                       f"second {PASSWORD.replace('&', '&amp;')}</password>"
                                       "</query>")
            self.assertEqual("result", change.get("type"))
            for mechanism, algorithm in (("SCRAM-SHA-256", "sha256"), ("SCRAM-SHA-1", "sha1")):
                stream = stream_type(server.xmpp[0])
                self.addCleanup(stream.close)
                self.assertTrue(scram(stream, user, "second " + PASSWORD, known, mechanism,
                                      algorithm))
        # A password that is wrong is mostly nearly right.
        wrong = xmpp.Stream(server.xmpp[0])
        self.addCleanup(wrong.close)
        self.assertFalse(wrong.log_in("utrickle", PASSWORD))
        self.assertEqual(0, server.stop())
        self.assert_nothing_of(known)
        self.assert_same()

    def test_digest_leaves_no_secret(self):
        known = Known()
        config = self.configure()
        server = self.serve("run", "--config", config, "--record", self.recording)
        self.add("alice@localhost", password=PASSWORD)
        known.add_password("alice", PASSWORD)
        phone = sip.Phone(server.sip[0], "alice@localhost")
        self.addCleanup(phone.close)
        challenge = phone.ask("REGISTER").headers["www-authenticate"]
        said = dict(part.strip().split("=", 1)
                    for part in challenge.removeprefix("Digest ").split(","))
        realm, nonce = said["realm"].strip('"'), said["nonce"].strip('"')

        def digest(text):
            return hashlib.sha256(text.encode()).hexdigest()
        ha1 = digest(f"alice:{realm}:{PASSWORD}")
        proof = digest(f"{ha1}:{nonce}:00000001:c:auth:{digest('REGISTER:sip:alice@localhost')}")
        known.add(bytes.fromhex(proof))
        answer = phone.ask("REGISTER", [
            f'Authorization: Digest username="alice", realm="{realm}", nonce="{nonce}",'
            f' uri="sip:alice@localhost", response="{proof}", algorithm=SHA-256, qop=auth,'
            ' cnonce="c", nc=00000001'])
        self.assertEqual(200, answer.status)
        self.assertEqual(0, server.stop())
        self.assert_nothing_of(known)
        self.assert_same()
