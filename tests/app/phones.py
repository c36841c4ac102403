"""Users on SIP, each on a thread of her own at a host: what people.py has on XMPP. Her phone does
what it should when its server does not answer, ends or sends it on (besides sip_agent.py):

- It has a list of servers, as of DNS. Where the flow has failed, or is answered 503, it registers
  at the next (RFC 3263 section 4.3, RFC 5626 section 4.5); where 302 says, it registers there.
  Subscriptions are made anew there. The publication is the service's, not the server's, and stays;
  its tag is used on (RFC 3903 section 4.1).
- A request that fails with its server there, or is not answered (408), is asked again a little
  later: phones wait longer.
- 481 to a SUBSCRIBE in a dialog: there is none any more, and a new one is made (RFC 6665 section
  4.1.2.2). A NOTIFY of none is answered 481 (section 4.1.3).
- A subscription that was terminated is made anew: at once after deactivated and timeout, after its
  retry-after if there is one, else a little later (section 4.1.3).
- 412 to a PUBLISH: there is no such publication any more, and a new one is made (RFC 3903 section
  4.4). It may be so only where the request before was not answered by 200: that may have been done,
  and its publication stays until its time is over (`doubtful`).
"""

import re
import threading
import time
import xml.etree.ElementTree as ElementTree

import programs
import sip
import sip_agent
from people import LOOK_S, RETRY_S
from sip_agent import Lost

PIDF = "{urn:ietf:params:xml:ns:pidf}"
EXPIRES_S = 600
AGAIN_S = 0.25


class Moved(Exception):
    """She is sent elsewhere; its argument is the address."""


class Watch:
    """Of one presentity."""

    def __init__(self, user):
        self.user = user
        self.ends = None  # of its dialog, or of one that is asked for
        self.target = None  # where that is refreshed
        self.last = 0  # the number of the latest NOTIFY
        self.next_at = 0  # when it is to be asked for

    def is_off(self):
        return self.ends is None

    def end(self, wait=AGAIN_S):
        self.ends = self.target = None
        self.last = 0
        self.next_at = max(self.next_at, time.monotonic() + wait)


class Phone:
    """Who shows one number after the other, as people.Person, and publishes them."""

    kind = "phone"

    def __init__(self, name, host, places, transport):
        self.name, self.host, self.places, self.transport = name, host, list(places), transport
        self.first = self.places[0]
        self.user, self.full = f"{name}@localhost", f"{name}@localhost/{transport}"
        self.at = None  # where she is registered
        self.was_in = False  # before that she waits for the first of the servers
        self.losses = 0  # of a server or a subscription, for any reason
        self.why = None
        self.pictures = {}  # {user: numbers}
        self.seen_go = []  # users, each time that she saw that they are not there any more
        self.watches = {}
        self.number = 0  # that she published, as she was told
        self.wanted = 1  # that she is to
        self.rests = False  # and publishes nothing but what is under way
        self.etag = None
        self.publishing = None  # the number that is under way
        self.doubtful = set()  # numbers that may have been published besides
        self.is_in_doubt = False  # whether the latest request is among them
        self.publish_at = 0
        # What became of that: the status of each answer, by what it was for.
        self.refreshed, self.is_to_refresh = None, False
        self.over = False
        self.broken = None
        self.thread = threading.Thread(target=self.run, name=self.full)
        self.thread.start()

    # --- what she is told to do

    def show(self):
        if not self.rests:
            self.wanted += 1

    def try_late(self):
        """Once, where nothing is stored any more."""
        self.show()
        self.rests = True

    def watch(self, user):
        self.watches[user] = Watch(user)

    def refresh(self):
        """All that she was told is there."""
        self.refreshed = None
        self.is_to_refresh = True

    def end(self):
        self.over = True
        self.thread.join()

    def __str__(self):
        return (f"{self.full} at {self.at} ({self.losses} losses, {self.why!r}, {self.broken!r},"
                f" {self.number} of {self.wanted})")

    # --- what is asked of her

    def sees(self, user):
        return sorted(self.pictures.get(user, []))

    def has_watch(self, user):
        """She was told so."""
        return self.watches[user].target is not None

    def shows(self):
        """What she published is there, wherever she is."""
        return self.number or None

    def is_done(self):
        return self.number == self.wanted or self.rests

    # --- what she does

    def run(self):
        try:
            with self.host.inside():
                self.live()
        except Exception as error:
            self.broken = error

    def live(self):
        place = self.places[0]
        while not self.over:
            try:
                self.arrive(place)
            except Moved as moved:
                place = moved.args[0]
            except (OSError, Lost) as error:
                self.why = error
                behind = self.places.index(place) + 1 if place in self.places else 0
                place = self.places[behind % len(self.places)] if self.was_in else self.first
                time.sleep(RETRY_S)

    def arrive(self, place):
        flow = sip_agent.Flow(self.transport, place)
        try:
            self.agent = sip_agent.Agent(self.name, "secret", flow, self.hear)
            self.registered = None
            self.agent.ask("REGISTER", "sip:localhost", self.agent.ends(),
                           [f"Expires: {EXPIRES_S}"], then=self.is_registered)
            while self.registered is None and not self.over:
                self.agent.turn(LOOK_S)
            if self.registered:
                self.at, self.was_in = place, True
                self.stay()
        finally:
            self.losses += self.at is not None and not self.over
            self.at = None
            if self.publishing is not None:
                self.doubt(self.publishing)
            for watch in list(self.watches.values()):
                watch.end(0)
            self.pictures.clear()
            flow.socket.close()

    def is_registered(self, answer):
        if self.serves(answer) != 200:
            raise Lost(f"REGISTER: {answer and answer.first}")
        self.registered = True

    def stay(self):
        self.pictures.clear()
        while not self.over:
            now = time.monotonic()
            for watch in list(self.watches.values()):
                if watch.is_off() and now >= watch.next_at:
                    watch.ends = self.agent.ends(watch.user)
                    self.subscribe(watch, f"sip:{watch.user}")
            if self.publishing is None and self.wanted > self.number and now >= self.publish_at:
                self.publish()
            if self.is_to_refresh and self.publishing is None:
                self.refresh_all()
            self.agent.turn(LOOK_S)

    def refresh_all(self):
        self.is_to_refresh, self.refreshed = False, {}
        for watch in self.watches.values():
            if watch.target is not None:
                self.refreshed[watch.user] = None
                self.subscribe(watch, watch.target)
        if self.etag is not None:
            self.refreshed["publication"] = None
            self.publish(is_refresh=True)

    def is_refreshed(self):
        return self.refreshed is not None and None not in self.refreshed.values()

    def serves(self, answer):
        """The status. Moved or Lost: that server does not serve her."""
        status = 408 if answer is None else answer.status
        if status == 302:
            uri = re.search(r"<([^>]+)>", answer.headers["contact"]).group(1)
            host = uri.rpartition("@")[2].partition(";")[0].removeprefix("sip:")
            raise Moved(programs.musterd.split_address(host))
        if status == 503:
            raise Lost(answer.first)
        return status

    # --- presence of hers

    def publish(self, is_refresh=False):
        self.publishing = self.number if is_refresh else self.wanted
        headers, body = ["Event: presence", "Expires: 3600"], ""
        if not is_refresh:
            headers.append("Content-Type: application/pidf+xml")
            body = sip.pidf(self.user, self.publishing)
        if self.etag is not None:
            headers.append(f"SIP-If-Match: {self.etag}")
        self.agent.ask("PUBLISH", f"sip:{self.user}", self.agent.ends(), headers, body,
                       lambda answer: self.is_published(answer, is_refresh))

    def is_published(self, answer, is_refresh):
        number, self.publishing = self.publishing, None
        # Said again it may be refused by the server's next life, to which it is new, though the one
        # before has stored it.
        if self.agent.was_said_again and (answer is None or answer.status != 200):
            self.doubt(number)
        status = self.serves(answer)
        if is_refresh:
            self.refreshed["publication"] = status
        if status == 200:
            self.number, self.etag = number, answer.headers["sip-etag"]
            self.is_in_doubt = False
            return
        self.why = f"PUBLISH: {answer and answer.first}"
        if status == 412 and not self.is_in_doubt:
            raise AssertionError(f"what {self} published is lost")
        if status == 412:
            self.etag = None
            return
        self.doubt(number)
        self.publish_at = time.monotonic() + AGAIN_S

    def doubt(self, number):
        """The next one is told from it."""
        self.publishing = None
        if number > self.number:
            self.doubtful.add(number)
        self.is_in_doubt = True
        self.wanted = max(self.wanted, number + 1)

    # --- presence of others

    def subscribe(self, watch, uri):
        ends = watch.ends

        def answered(answer):
            status = self.serves(answer)
            if watch.ends is not ends:
                return  # it is over
            if self.refreshed is not None and watch.target is not None:
                self.refreshed[watch.user] = status
            if status == 200:
                ends["to"] = answer.headers["to"]
                watch.target = re.search(r"<([^>]+)>", answer.headers["contact"]).group(1)
                return
            self.why = f"SUBSCRIBE to {watch.user}: {answer and answer.first}"
            if watch.target is not None:
                self.lose(watch, 0 if status == 481 else AGAIN_S)
            else:
                watch.end()
        self.agent.ask("SUBSCRIBE", uri, ends,
                       ["Event: presence", f"Expires: {EXPIRES_S}",
                        "Accept: application/pidf+xml"], then=answered)

    def lose(self, watch, wait):
        self.losses += 1
        self.pictures.pop(watch.user, None)
        watch.end(wait)

    def hear(self, request):
        """The status of the answer."""
        if not request.first.startswith("NOTIFY "):
            return "405 Method Not Allowed"
        call = request.headers["call-id"]
        watch = next((watch for watch in self.watches.values()
                      if watch.ends is not None and watch.ends["call-id"] == call), None)
        if watch is None:
            return "481 Call/Transaction Does Not Exist"
        number = int(request.headers["cseq"].split()[0])
        if number <= watch.last:
            # Sent again, or late: what is newer was told.
            return "200 OK" if number == watch.last else "500 Late"
        watch.last = number
        self.take(watch, request.headers["subscription-state"], request.body)
        return "200 OK"

    def take(self, watch, state, body):
        if state.startswith("terminated"):
            self.why = f"{watch.user}: {state}"
            reason = sip_agent.parameter(state, "reason")
            after = sip_agent.parameter(state, "retry-after")
            at_once = reason in ("deactivated", "timeout")
            self.lose(watch, 0 if at_once else float(after or AGAIN_S))
        elif body:
            before = self.pictures.get(watch.user)
            self.pictures[watch.user] = open_tuples(body)
            if before and not self.pictures[watch.user]:
                self.seen_go.append(watch.user)


def open_tuples(document):
    return [number_of(one.findtext(PIDF + "note"))
            for one in ElementTree.fromstring(document).iter(PIDF + "tuple")
            if one.findtext(f"{PIDF}status/{PIDF}basic") == "open"]


def number_of(text):
    """-1: something that shows none, as a phone that is registered and publishes nothing."""
    return -1 if text is None else int(text)
