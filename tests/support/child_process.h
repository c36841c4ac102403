// A process of a test's own, which tells its parent lines of bytes and may be killed. It does not
// outlive the test, however that ends.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <functional>

namespace muster::testing {

class Child {
 public:
  // `body` runs in the child and writes to the descriptor that it is given.
  explicit Child(const std::function<void(int)>& body) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe(ends), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(ends[0]);
      body(ends[1]);
      ::_exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    ::close(ends[1]);
    from_ = ends[0];
  }
  ~Child() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
    ::close(from_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Longer than anything takes on a slow machine: who waits in vain fails its test.
  static constexpr int kPatienceMilliseconds = 60'000;

  // False when the child has closed its end, or says nothing for so long.
  template <class Value>
  bool read(Value& value) {
    auto* bytes = reinterpret_cast<char*>(&value);
    for (std::size_t got = 0; got < sizeof value;) {
      pollfd come{from_, POLLIN, 0};
      if (::poll(&come, 1, kPatienceMilliseconds) <= 0) return false;
      const ssize_t count = ::read(from_, bytes + got, sizeof value - got);
      if (count <= 0) return false;
      got += static_cast<std::size_t>(count);
    }
    return true;
  }
  void send(int signal) { EXPECT_EQ(::kill(pid_, signal), 0); }
  // Returns once all of it stands still.
  void stop() {
    send(SIGSTOP);
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, WUNTRACED), pid_);
    EXPECT_TRUE(WIFSTOPPED(status));
  }
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
  int from_ = -1;
};

// Within the child.
template <class Value>
void tell(int to, const Value& value) {
  EXPECT_EQ(::write(to, &value, sizeof value), static_cast<ssize_t>(sizeof value));
}

// The kernel's own kill -9, wherever this process then is.
inline void kill_self_in(std::uint64_t us) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  timer_t timer{};
  ASSERT_EQ(::timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
  itimerspec when{};
  when.it_value.tv_nsec = static_cast<long>(us) * 1'000;
  ASSERT_EQ(::timer_settime(timer, 0, &when, nullptr), 0);
}

}  // namespace muster::testing
