"""Users who log in while it is not known yet that a server is gone: each half a second one, at a
desk or with a phone, at any of the other servers or where that sends her."""

import threading
import time

import programs
from crowd import LOG_IN_S

EVERY_S = 0.5
# Who is sent to the server that was hit waits there until she gives it up, and may be sent there
# once more before it is known to be gone.
SENT_S = 2 * LOG_IN_S


class Newcomers:
    """They come from now on until the server that was hit is known to be gone. `users`: those who
    may, who come again when all did."""

    def __init__(self, crowd, users):
        self.crowd, self.users = crowd, users
        self.waits, self.waits_of_sent = [0], [0]  # the latter: of who was sent to that server
        self.threads = [threading.Thread(target=self.come, name="newcomers")]
        self.threads[0].start()

    def come(self):
        while self.crowd.gone_at is None and not self.crowd.over:
            user = self.users.pop(0)
            self.users.append(user)
            self.threads.append(threading.Thread(target=self.log_in, args=[user], name=user.name))
            self.threads[-1].start()
            time.sleep(EVERY_S)

    def log_in(self, user):
        since = time.monotonic()
        user.last_error = None
        try:
            user.arrive(None)
            user.leave()
        except Exception as error:  # a thread's own would be lost
            self.crowd.fail(f"{user}: {type(error).__name__}: {error}")
        waited = time.monotonic() - since
        was_sent = (user.last_error or "").startswith(f"at {self.crowd.hit}: ")
        (self.waits_of_sent if was_sent else self.waits).append(waited)

    def end(self):
        """Once all who came are served."""
        limit = time.monotonic() + programs.PATIENCE_S
        for thread in self.threads:
            thread.join(max(0, limit - time.monotonic()))
            if thread.is_alive():
                self.crowd.fail(f"{thread.name} does not come to an end")
