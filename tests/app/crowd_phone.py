"""A user on SIP."""

import contextlib
import re
import select
import time
import xml.etree.ElementTree as ElementTree

import cluster
import sip
from crowd import LATE, LOG_IN_S, LOOK_S, Lost, Moved, Sight, Unreached, User, number_of
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
        self.is_publishing = False  # and is not answered yet
        self.is_doubtful = False  # whether what was lost with a server was done, and made a new tag
        self.sent_by = set()  # the servers that told her to go elsewhere: they may proxy her
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
                self.sent_by.add(self.crowd.home_of(phone.server, self.protocol))
                phone.server, uri = cluster.moved_to(answer)
                self.is_sent(phone.server)
        raise Lost("she is sent from one to another")

    def stay(self):
        self.pictures.clear()
        self.cseqs = {}  # of the latest NOTIFY, by dialog
        self.to_watch = set(self.watched)
        while not self.crowd.over:
            when = self.next_step()
            while (wait := when - time.monotonic()) > 0 and not self.crowd.over:
                self.watch()
                if not self.is_back and not self.to_watch:
                    self.be_back()
                if select.select([self.phone.socket], [], [], min(wait, LOOK_S))[0]:
                    self.phone.hear(lambda message: message.status is None)
                    self.hear_all()
                self.mind_sight()
            if self.is_back and not self.resting and self.sight is None:
                self.publish()

    def leave(self):
        if self.phone is not None:
            self.phone.close()

    def abandon(self, may_go_on):
        self.resting = True
        self.is_doubtful |= self.is_publishing
        self.is_publishing = False
        if may_go_on:
            self.phone.publish(LATE, self.etag, give_up=lambda: True)
            self.left.append((self.phone, f"{next(self.phone.numbers) - 1} PUBLISH"))
        else:
            self.phone.close()

    def late_answers(self, phone, number):
        phone.socket.setblocking(False)
        with contextlib.closing(phone), contextlib.suppress(BlockingIOError):
            while True:
                message = sip.Message(phone.socket.recv(65536))
                if message.headers["cseq"] == number and message.status // 100 == 2:
                    yield f"{self.name}: {message.first} to {number}"

    # --- what she does ---

    def ask(self, method, ask):
        """`ask` with what says when to give up; its answer. Moved: it was not done."""
        since = time.monotonic()
        answer = ask(lambda: self.crowd.over or self.await_answer(since, method))
        self.hear_all()
        # 503: she is proxied, and who serves her was hit (refused_by).
        if answer is not None and answer.status != 503:
            self.is_answered(since)
        if answer is not None and answer.status == 302:
            self.is_publishing = False
            self.sent_by.add(self.home)
            raise Moved(cluster.moved_to(answer)[0])
        return answer

    def refused_by(self, answer, what):
        """Who landed a second time where she was told to go elsewhere is proxied from there
        (docs/adr/0012): that her server does not answer, the proxy says."""
        if answer.status == 503 and self.home in self.sent_by and self.crowd.is_missed():
            raise Unreached(what)
        self.refused(f"{what} is answered {answer.first}")

    def compare(self, document):
        numbers = [number for _, number in open_tuples(document, self.name)]
        if not self.shown.is_right(numbers, self.shown.told):
            yield f"{self.name} shows {numbers}, not {self.shown.told} to {self.shown.begun}"

    def publish(self):
        """What she has published is in the store, and its tag holds at each server (RFC 3903
        section 4.1): it is another one's only if a server was lost that may have done what it was
        asked last."""
        if self.etag is None:
            self.shown.lose()
        self.shown.begun += 1
        note = f"{self.name}:{self.shown.begun}"
        self.is_publishing = True
        answer = self.ask("PUBLISH", lambda give_up: self.phone.publish(
            note, self.etag, give_up=give_up))
        if answer is None:
            return
        if answer.status == 412 and self.etag and self.is_doubtful:
            self.is_publishing = self.is_doubtful = False
            self.etag = None
            return
        if answer.status != 200:
            self.refused_by(answer, f"PUBLISH {note} on {self.etag}")
        self.is_publishing = self.is_doubtful = False
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
                self.refused_by(answer, f"SUBSCRIBE to {name}")

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
