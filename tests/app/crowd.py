"""Users of a cluster, each on a thread of her own: at a desk (XMPP) or with a phone (SIP).

They show one number after the other, watch one another, and work on their rosters without a pause;
each keeps what she was told. Who loses her server logs in anew where she can, as her program would.
"""

import collections
import itertools
import random
import re
import select
import threading
import time

import programs
import xmpp
from ledger import Relation, Shown, STATES

# How long anything that a user asks of a server that was not hit may take, what she shows until a
# watcher sees it included, before her program gives up. As the promise of 5 s it is in wall time,
# whatever else the machine does.
SERVICE_S = 5
# How long it may take, and how long nobody at one server may see anybody at another, for users to
# say that service did not stop while another server was gone; on a machine that is late itself,
# more (lateness.py). It takes some milliseconds, but that programs look every LOOK_S; on two cores
# that four others keep busy besides, 0.4 s.
PAUSE_S = 1
# How long a program waits for an answer, of a server that was hit, before it goes elsewhere.
GIVE_UP_S = 1
# How long it does while it logs in, for each answer.
LOG_IN_S = 2
# How long a program that is not let in waits before it tries the next server.
RETRY_S = 0.1
# Between two things that a user does.
STEP_S = (0.2, 0.6)
# How long a thread may sleep before it looks whether all is over.
LOOK_S = 0.2
# How long it may take, on a busy machine, until a thread has read what a server said.
READ_S = 1
# So many of what is wrong are told.
TOLD_MAX = 20

NOTE = re.compile(r"([a-z]+\d+):(\d+)")
# What nobody ever sees: it was sent to a server that stood still, and is not one of them any more.
LATE = "late"


class Lost(Exception):
    """The server of a user is gone, or silent."""


class Unreached(Lost):
    """Her server is silent, says the one through which it served her."""


class Moved(Exception):
    """A user is sent elsewhere; its argument is the address."""


class Crowd:
    """All users, and what they know of the cluster."""

    def __init__(self, places, draw):
        self.places = places  # {id: {"xmpp": address, "sip": address}}
        # The server that was killed or stopped: its id, until all is right without it; since when
        # all others know that it is gone; whether it may go on. And its id until it is there again.
        self.hit, self.gone_at, self.stands_still, self.away = None, None, False, None
        self.over = False
        self.looked_at = 0  # rosters that were asked for before are of no use
        self.quiet = True  # nobody is refused: relations come to rest
        self.users = {}
        self.relations = []
        self.failures = collections.deque()
        self.sights = collections.deque()  # (home of one, of the other, since, when it was seen)
        self.shown_at = {}  # when anybody at one server showed something to anybody at another
        self.moves = collections.deque()  # (since, when she was served again)
        self.answers = collections.deque()  # (the server, since, when it came)
        self.draw = draw
        self.threads = []

    def add(self, kind, number):
        name = f"{kind.__name__.lower()}{number}"
        self.users[name] = kind(name, self, random.Random(self.draw.random()))
        return self.users[name]

    def relate(self, watcher, presentity):
        relation = Relation(watcher, presentity, self.users[presentity].POLICY == "allow")
        self.relations.append(relation)
        self.users[watcher].watched[presentity] = relation
        self.users[presentity].watchers[watcher] = relation

    def begin(self):
        for user in self.users.values():
            self.threads.append(threading.Thread(target=user.live, name=user.name))
            self.threads[-1].start()

    def end(self):
        self.over = True
        limit = time.monotonic() + programs.PATIENCE_S
        for thread in self.threads:
            thread.join(max(0, limit - time.monotonic()))
            if thread.is_alive():
                self.fail(f"{thread.name} does not come to an end")
        for user in self.users.values():
            user.leave()

    def look(self):
        """What says, each time it is called, what is missing of what was told by now."""
        floors = {name: user.shown.told for name, user in self.users.items()}
        self.looked_at = time.monotonic()

        def wrong():
            for relation in self.relations:
                seen = self.users[relation.watcher].pictures.get(relation.presentity, {})
                shown = self.users[relation.presentity].shown
                floor = floors[relation.presentity]
                if not relation.is_allowed():
                    yield f"{relation} is not at rest"
                elif not shown.is_right(seen.values(), floor):
                    yield f"{relation} sees {seen}, not {floor} to {shown.begun}"
            for user in self.users.values():
                yield from user.roster_differences()
        return wrong

    def seen_between(self, begin, end):
        """(longest, gaps): how long what was seen then took at most, or takes what is still to be
        seen; and the longest time in which nobody at one server saw another one at another, by
        their servers."""
        sights = [user.sight for user in self.users.values()]
        longest = max([end - sight.since for sight in sights
                       if sight is not None and not sight.is_excused()], default=0)
        times = collections.defaultdict(lambda: [begin])
        for *homes, since, when in list(self.sights):
            if begin < when < end:
                longest = max(longest, when - since)
                times[tuple(homes)].append(when)
        return longest, {homes: max(after - before for before, after
                                    in itertools.pairwise([*of, end]))
                         for homes, of in times.items()}

    def answered_between(self, begin, end, homes):
        """How long an answer of these servers took then at most."""
        return max([when - since for home, since, when in list(self.answers)
                    if home in homes and begin < when < end], default=0)

    def rest_is_over(self):
        for user in self.users.values():
            user.resting = False

    def late_answers(self):
        """That are none: what is left with a server that was stopped came to its end."""
        for user in self.users.values():
            while user.left:
                yield from user.late_answers(*user.left.pop())

    def fail(self, what):
        self.failures.append(what)

    # --- the server that is hit ---

    def strike(self, name, stands_still=False):
        self.away, self.gone_at, self.stands_still = name, None, stands_still
        self.hit = name  # at last: with it the users know

    def is_missed(self):
        """Others may not know yet that it is gone, or what they said before may be read still."""
        return self.hit is not None and not self.is_known_gone()

    def is_known_gone(self):
        gone_at = self.gone_at
        return gone_at is not None and time.monotonic() > gone_at + READ_S

    def is_right_again(self):
        """From now on nobody is excused, and users may be sent there as soon as it comes."""
        self.hit, self.gone_at, self.stands_still = None, None, False

    def landing(self, protocol, draw):
        """The address of a server that may be tried."""
        return self.places[draw.choice([name for name in sorted(self.places)
                                        if name != self.away])][protocol]

    def home_of(self, address, protocol):
        for name, at in self.places.items():
            if at[protocol] == address:
                return name
        raise AssertionError(f"no server has {address} for {protocol}")

    def lost(self):
        """Who has not come back yet."""
        return [user for user in self.users.values() if not user.is_served()]

    def homes(self):
        """How many users each server serves."""
        return collections.Counter(user.home for user in self.users.values() if user.is_served())


class Sight:
    """That a watcher is to see a number."""

    def __init__(self, user, watcher, number):
        self.user, self.watcher, self.number = user, watcher, number
        self.since = time.monotonic()
        self.homes = user.home, watcher.home
        self.lives = user.life, watcher.life
        self.answered = False

    def is_due(self):
        return time.monotonic() > self.since + SERVICE_S

    def is_excused(self):
        """One of them lost her server, or was moved: what she wrote just then may be lost."""
        return ((self.user.life, self.watcher.life) != self.lives
                or not (self.user.is_served() and self.watcher.is_served()))

    def is_seen(self):
        """As the watcher says, if she is at a desk as the user is."""
        if self.user.protocol == self.watcher.protocol == "xmpp":
            return self.answered
        seen = self.watcher.pictures.get(self.user.name, {})
        return max(seen.values(), default=0) >= self.number


class User:
    """What is the same at a desk and with a phone."""

    protocol = None
    POLICY = None  # for watchers whom she does not know

    def __init__(self, name, crowd, draw):
        self.name, self.crowd, self.draw = name, crowd, draw
        self.watched, self.watchers = {}, {}  # relations, by the other's name
        self.shown = Shown()
        self.home = None  # the id of her server
        self.is_back = False  # she has done there what she does at first
        self.tried = None  # the id of the server where she tries to log in
        self.moved_at = None  # when she was told to go elsewhere, until she is back
        self.last_error = None
        self.life = 0  # how often she has logged in
        self.pictures = {}  # name: {source: number}
        self.sight = None
        self.resting = False  # she came back, and what she had shown is to be seen
        self.left = []  # what she had with servers that were hit

    @property
    def address(self):
        return f"{self.name}@localhost"

    def __str__(self):
        return f"{self.name} at {self.home}"

    def live(self):
        at = None
        try:
            while not self.crowd.over:
                try:
                    self.arrive(at)
                    at = None
                    self.stay()
                except Moved as moved:
                    at = moved.args[0]
                    self.be_moved(at)
                except (Lost, xmpp.Ended) as lost:
                    self.lose(lost)
        except Exception as error:  # a thread's own would be lost
            self.crowd.fail(f"{self}: {type(error).__name__}: {error}")

    def arrive(self, at):
        """Tries `at` first, if given, then any server until one takes her."""
        self.is_back = False
        self.life += 1
        while not self.crowd.over:
            where = at or self.crowd.landing(self.protocol, self.draw)
            self.tried = self.crowd.home_of(where, self.protocol)
            try:
                where = self.log_in(where)
                self.home = self.crowd.home_of(where, self.protocol)
                return
            except (OSError, xmpp.Silent, xmpp.Refused, Lost) as error:
                self.last_error = f"at {self.tried}: {type(error).__name__}: {error}"
                if self.tried == self.crowd.hit:
                    self.moved_at = None  # she was on her way to it: as if it had been hers
            at = None
            select.select([], [], [], RETRY_S)

    def be_back(self):
        """She has done what she does at first. A move is service too: it does not stop for her."""
        self.is_back, self.last_error = True, None
        if self.moved_at is None:
            return
        since, self.moved_at = self.moved_at, None
        self.crowd.moves.append((since, time.monotonic()))
        if time.monotonic() > since + SERVICE_S:
            self.crowd.fail(f"{self} was moved, and is served again after"
                            f" {time.monotonic() - since:.1f} s")

    def be_moved(self, at):
        self.is_back = False
        self.moved_at = self.moved_at or time.monotonic()
        self.is_sent(at)
        self.leave()

    def is_sent(self, at):
        """Nobody is sent to a server that all know is gone."""
        self.tried = self.crowd.home_of(at, self.protocol)
        if self.tried == self.crowd.hit and self.crowd.is_known_gone():
            self.crowd.fail(f"{self} is sent to {self.tried}, which is gone")

    def is_served(self):
        return self.is_back and self.home != self.crowd.hit

    def lose(self, why):
        if self.crowd.over:
            return
        self.is_back = False
        self.moved_at = None  # it is not for a move any more that she is not served
        self.last_error = f"{type(why).__name__}: {why}"
        is_hers = self.home == self.crowd.hit
        if not is_hers and not isinstance(why, Unreached):
            self.crowd.fail(f"{self} lost her server, and {self.crowd.hit} was hit: {why}")
        self.sight = None
        self.abandon(is_hers and self.crowd.stands_still)

    def abandon(self, may_go_on):
        """Her server is no more, or `may_go_on` and then finds something more from her."""
        raise NotImplementedError

    def await_answer(self, since, what):
        """Whether it may still come. Lost: her server was hit, and she does not wait longer."""
        waited = time.monotonic() - since
        if self.home == self.crowd.hit and waited > GIVE_UP_S:
            raise Lost(f"{what} is not answered")
        if waited > SERVICE_S:
            raise AssertionError(f"{what} is not answered")

    def is_answered(self, since):
        """What she asked then. Who is still coming back is waited for otherwise."""
        if self.is_back:
            self.crowd.answers.append((self.home, since, time.monotonic()))

    def refused(self, what):
        """A server that was hit may, or be silent."""
        raise Lost(what) if self.home == self.crowd.hit else AssertionError(what)

    def mind_sight(self):
        sight = self.sight
        if sight is None:
            return
        if sight.is_excused():
            self.sight = None
        elif sight.is_seen():
            self.crowd.sights.append((*sight.homes, sight.since, time.monotonic()))
            self.sight = None
        elif sight.is_due():
            self.crowd.fail(f"{sight.watcher} does not see {sight.number} of {self}")
            self.sight = None

    def someone_who_sees(self):
        """A watcher, or None: at the server where this is longest ago for anybody at hers, so that
        no two servers are forgotten."""
        shown_at = self.crowd.shown_at
        may = [self.crowd.users[name] for name, relation in self.watchers.items()
               if relation.is_allowed() and self.crowd.users[name].is_served()]
        self.draw.shuffle(may)
        watcher = min(may, key=lambda one: shown_at.get((self.home, one.home), 0), default=None)
        if watcher is not None:
            shown_at[self.home, watcher.home] = time.monotonic()
        return watcher

    def see(self, name, sources):
        """A picture is not changed, but replaced: others look at it. Of one source nobody sees what
        was before; a phone's may be of two publications."""
        before = self.pictures.get(name, {})
        for source, number in sources.items():
            if number < before.get(source, 0) and self.crowd.users[name].protocol == "xmpp":
                self.crowd.fail(f"{self.name} sees {name} go back from {before} to {sources}")
        self.pictures[name] = sources

    def hear_state(self, relation, state):
        """Of a relation, at her side of it."""
        before = str(relation)
        if not relation.tell(self.name, state):
            self.crowd.fail(f"{self} is told {STATES[state]} of {before}")

    def roster_differences(self):
        return ()

    def next_step(self):
        return time.monotonic() + self.draw.uniform(*STEP_S)


def number_of(text, name):
    """0: a phone that is registered, and shows nothing."""
    if text is None:
        return 0
    match = NOTE.fullmatch(text)
    if match is None or match.group(1) != name:
        raise AssertionError(f"{name} shows {text!r}")
    return int(match.group(2))


def first_of(what):
    """One a line, and how many more there are."""
    what = list(what)
    more = [f"and {len(what) - TOLD_MAX} more"] if len(what) > TOLD_MAX else []
    return "\n".join([*what[:TOLD_MAX], *more])
