"""How late the machine itself is, whoever has it besides: how long it takes until a thread that
sleeps a moment runs again, and has a few bytes on the disk."""

import os
import threading
import time

EVERY_S = 0.05


class Lateness:
    """Measured until end(), in this folder."""

    def __init__(self, folder):
        self.path = folder / "lateness"
        self.found = []  # (when, seconds)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.measure, name="lateness")
        self.thread.start()

    def measure(self):
        with open(self.path, "wb", buffering=0) as file:
            since = time.monotonic()
            while not self.over.wait(EVERY_S):
                file.write(b"late?")
                os.fsync(file.fileno())
                now = time.monotonic()
                self.found.append((now, now - since - EVERY_S))
                since = now

    def between(self, begin, end):
        """The worst."""
        return max([seconds for when, seconds in self.found if begin < when < end], default=0)

    def end(self):
        self.over.set()
        self.thread.join()
