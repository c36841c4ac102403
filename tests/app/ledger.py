"""What users were told is done, and what was under way when their server was lost: of what they see
after it, whether anything is missing."""

import threading

# How far a watcher has come with a presentity. It goes round: who is refused asks again.
NOTHING, ASKED, ALLOWED = range(3)
STATES = ("nothing", "asked", "allowed")


class Relation:
    """That a watcher may see a presentity.

    Its steps are counted, so that a state that went back is told from one that went on: NOTHING is
    0, 3, 6, ... Each side has been told of so many; of more than are begun neither can be. Where
    everybody may watch, `is_open`, only the watcher is told, and it stays so.
    """

    def __init__(self, watcher, presentity, is_open):
        self.watcher, self.presentity = watcher, presentity
        self.told = {watcher: 0} if is_open else {watcher: 0, presentity: 0}
        self.begun = ALLOWED if is_open else NOTHING
        self.is_asked = False  # the watcher's phone has asked where it stands, and was not told yet
        self.lock = threading.Lock()

    def begin(self, side):
        """That side asks, allows or refuses, by what it was told."""
        with self.lock:
            self.begun = max(self.begun, self.told[side] + 1)

    def begin_to_watch(self):
        """A phone's SUBSCRIBE: it asks if nothing is there, be that by a step that is under way."""
        with self.lock:
            self.is_asked = True
            if self.begun % 3 == NOTHING:
                self.begun += 1

    def begin_to_refuse(self):
        """False: something is under way, and what comes of both could be anything."""
        with self.lock:
            if not self.is_at_rest():
                return False
            self.begun += 1
            return True

    def tell(self, side, state):
        """False, and passed over: it is behind what that side was told before."""
        with self.lock:
            count = next_of(state, self.told[side])
            if count > self.begun:
                return False
            self.told[side] = count
            self.is_asked = self.is_asked and side != self.watcher
            return True

    def is_refusal_lost(self):
        """The presentity began to refuse, and finds the watcher allowed."""
        with self.lock:
            count = self.told[self.presentity]
            return count % 3 == ALLOWED and self.begun > count

    def may_be(self, states):
        """What one of the sides is told anew: it is not behind what either was told before."""
        with self.lock:
            return any(next_of(state, max(self.told.values())) <= self.begun for state in states)

    def is_allowed(self):
        """And both know it, and nothing is under way."""
        with self.lock:
            return self.is_at_rest()

    def is_at_rest(self):
        told = set(self.told.values())
        return told == {self.begun} and self.begun % 3 == ALLOWED and not self.is_asked

    def __str__(self):
        with self.lock:
            return (f"{self.watcher} to {self.presentity} (begun {self.begun}, told"
                    f" {list(self.told.values())})")


def next_of(state, count):
    """The first number from `count` on that means this state."""
    return count + (state - count) % 3


def state_of(item):
    """Of a roster item, (name, subscription, ask), at the watcher's side."""
    if item[1] in ("to", "both"):
        return ALLOWED
    return ASKED if item[2] == "subscribe" else NOTHING


class Names:
    """Those that a user gave the contacts in her roster."""

    def __init__(self):
        self.told = {}  # by address; None or absent: none
        self.step = None  # (address, name or None) that was asked for and not answered yet
        self.doubtful = {}  # such steps whose server was lost, by address

    def begin(self, address, name):
        self.step = address, name

    def done(self):
        address, name = self.step
        self.told[address] = name
        self.doubtful.pop(address, None)
        self.step = None

    def lose(self):
        if self.step is not None:
            address, name = self.step
            self.doubtful.setdefault(address, set()).add(name)
            self.step = None

    def differences(self, found):
        """Of names by address that were read anew."""
        for address in sorted(self.told.keys() | found.keys() | self.doubtful.keys()):
            allowed = {self.told.get(address)} | self.doubtful.get(address, set())
            if found.get(address) not in allowed:
                yield f"{address} is {found.get(address)}, not {allowed}"

    def adopt(self, found):
        """Of what was doubtful one knows now."""
        for address in self.doubtful:
            self.told[address] = found.get(address)
        self.doubtful.clear()


class Shown:
    """The numbers that a user shows, each in place of the one before: the latest that was begun,
    and that was told to be done."""

    def __init__(self):
        self.begun = 0
        self.told = 0
        # Publications that may be there until their time is over: who had made them was not told.
        self.left = set()

    def lose(self):
        """Those of which one does not know."""
        self.left.update(range(self.told + 1, self.begun + 1))

    def is_right(self, numbers, floor):
        """If watchers see these, and she had been told of `floor`."""
        latest = [number for number in numbers if number not in self.left]
        return len(latest) == 1 and floor <= latest[0] <= self.begun
