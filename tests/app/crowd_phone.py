"""A user on SIP."""

import contextlib
import re
import select
import time
import xml.etree.ElementTree as ElementTree

import cluster
import sip
from crowd import LATE, LOG_IN_S, LOOK_S, Lost, Moved, Sight, User, number_of
from ledger import ALLOWED, ASKED, NOTHING

PIDF = "{urn:ietf:params:xml:ns:pidf}"


class Phone(User):
    """Publishes, and watches. Everybody may watch her."""

    protocol = "sip"
    POLICY = "allow"
    phone = None

    def __init__(self, *of):
        super().__init__(*of)
        self.etag = None
        self.to_watch = set()  # whom she has no subscription to

    def log_in(self, at):
        """Registers there, or where she is sent."""
        phone, uri = sip.Phone(at, self.address), None
        with contextlib.ExitStack() as stack:
            stack.callback(phone.close)
            for _ in range(cluster.REDIRECTS_MAX):
                since = time.monotonic()
                answer = phone.ask("REGISTER", ["Expires: 600"], uri=uri,
                                   give_up=lambda: time.monotonic() > since + LOG_IN_S)
                if answer is None or answer.status not in (200, 302):
                    raise Lost(f"REGISTER: {answer and answer.first}")
                if answer.status == 200:
                    stack.pop_all()
                    self.phone = phone
                    return phone.server
                phone.server, uri = cluster.moved_to(answer)
        raise Lost("she is sent from one to another")

    def stay(self):
        self.pictures.clear()
        self.cseqs = {}  # of the latest NOTIFY, by dialog
        self.to_watch = set(self.watched)
        while not self.crowd.over:
            when = self.next_step()
            while (wait := when - time.monotonic()) > 0 and not self.crowd.over:
                self.watch()
                self.is_back |= not self.to_watch
                if select.select([self.phone.socket], [], [], min(wait, LOOK_S))[0]:
                    self.phone.hear(lambda message: message.status is None)
                    self.hear_all()
                self.mind_sight()
            if self.is_back and not self.resting and self.sight is None:
                self.publish()

    def leave(self):
        if self.phone is not None:
            self.phone.close()

    def abandon(self):
        """A server that was stopped may find something more from her, once it goes on."""
        self.resting = True
        self.phone.publish(LATE, self.etag, give_up=lambda: True)
        self.left.append((self.phone, f"{next(self.phone.numbers) - 1} PUBLISH"))

    def late_answers(self, phone, number):
        phone.socket.setblocking(False)
        with contextlib.closing(phone), contextlib.suppress(BlockingIOError):
            while True:
                message = sip.Message(phone.socket.recv(65536))
                if message.headers["cseq"] == number and message.status // 100 == 2:
                    yield f"{self.name}: {message.first} to {number}"

    # --- what she does ---

    def ask(self, method, ask):
        """`ask` with what says when to give up; its answer."""
        since = time.monotonic()
        answer = ask(lambda: self.crowd.over or self.await_answer(since, method))
        self.hear_all()
        if answer is not None and answer.status == 302:
            raise Moved(cluster.moved_to(answer)[0])
        return answer

    def compare(self, document):
        numbers = [number for _, number in open_tuples(document, self.name)]
        if not self.shown.is_right(numbers, self.shown.told):
            yield f"{self.name} shows {numbers}, not {self.shown.told} to {self.shown.begun}"

    def publish(self):
        if self.etag is None:
            self.shown.lose()
        self.shown.begun += 1
        note = f"{self.name}:{self.shown.begun}"
        answer = self.ask("PUBLISH", lambda give_up: self.phone.publish(
            note, self.etag, give_up=give_up))
        if answer is None:
            return
        if answer.status == 412 and self.shown.begun > self.shown.told + 1:
            self.etag = None  # another one was done, whose answer was lost with a server
            return
        if answer.status != 200:
            self.refused(f"PUBLISH {note} on {self.etag} is answered {answer.first}")
        self.etag = answer.headers["sip-etag"]
        self.shown.told = self.shown.begun
        watcher = self.someone_who_sees()
        if watcher is not None:
            self.sight = Sight(self, watcher, self.shown.told)

    def watch(self):
        """Who is told to be moved just then (480) tries again, and is sent there."""
        for name in sorted(self.to_watch):
            self.to_watch.discard(name)
            self.watched[name].begin_to_watch()
            answer = self.ask("SUBSCRIBE", lambda give_up: self.phone.watch(
                f"{name}@localhost", give_up=give_up))
            if answer is None:
                return
            if answer.status == 480:
                self.to_watch.add(name)
            elif answer.status != 200:
                self.refused(f"SUBSCRIBE to {name} is answered {answer.first}")

    # --- what she hears ---

    def hear_all(self):
        while self.phone.requests:
            self.hear(self.phone.requests.pop(0))

    def hear(self, notify):
        """RFC 6665 section 4.1.3: what a subscription's end says of what to do next."""
        name = re.search(r"sip:([^@]+)@", notify.headers["from"]).group(1)
        dialog, number = notify.headers["call-id"], int(notify.headers["cseq"].split()[0])
        if number <= self.cseqs.get(dialog, 0):
            return
        self.cseqs[dialog] = number
        state, _, reason = notify.headers["subscription-state"].partition(";")
        if state == "terminated":
            self.to_watch.add(name)
        if state != "active":
            self.see(name, {})
            if state == "pending":
                self.hear_state(self.watched[name], ASKED)
            elif "rejected" in reason:
                self.hear_state(self.watched[name], NOTHING)
            return
        self.hear_state(self.watched[name], ALLOWED)
        self.see(name, dict(open_tuples(notify.body, name)))


def open_tuples(document, name):
    """(its id, its number) of each."""
    for one in ElementTree.fromstring(document).iter(PIDF + "tuple"):
        if one.findtext(f"{PIDF}status/{PIDF}basic") == "open":
            yield one.get("id"), number_of(one.findtext(PIDF + "note"), name)
