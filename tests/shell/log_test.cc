#include "shell/log.h"

#include <gmock/gmock.h>

namespace muster::testing {
namespace shell_log_test {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Now at(std::int64_t milliseconds) {
  return {Instant::at(Duration::milliseconds(milliseconds)), UnixTime::at(Duration::seconds(1))};
}

// What `write` has the log print.
template <class Write>
std::string printed(LogFormat format, Write&& write) {
  ::testing::internal::CaptureStderr();
  open_log(Log::Level::info, format);
  write();
  return ::testing::internal::GetCapturedStderr();
}

TEST(Log, SaysWhatAndWhoAndWhy) {
  EXPECT_THAT(printed(LogFormat::text,
                      [] {
                        write_log({Log::Level::warning, "login-refused", "alice", "no such user"});
                        write_log({Log::Level::debug, "not-important", {}, {}});
                      }),
              AllOf(HasSubstr("login-refused"), HasSubstr("alice"), HasSubstr("no such user"),
                    Not(HasSubstr("not-important"))));
}

TEST(Log, APeerCannotForgeALine) {
  EXPECT_THAT(printed(LogFormat::text,
                      [] {
                        write_log({Log::Level::info, "x", "alice\n2026 forged\x1b[31m", {}});
                      }),
              AllOf(Not(HasSubstr("\n2026")), Not(HasSubstr("\x1b"))));
}

TEST(Log, OneEventCannotFloodIt) {
  BoundedLog log;
  const auto lines = [&](std::int64_t milliseconds, std::uint32_t count) {
    const std::string text = printed(LogFormat::text, [&] {
      for (std::uint32_t i = 0; i < count; ++i)
        log.write(at(milliseconds), {Log::Level::info, "flood", {}, {}});
    });
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(lines(0, BoundedLog::kLinesPerSecondMax), BoundedLog::kLinesPerSecondMax);
  EXPECT_EQ(lines(999, 5), 0);
  const std::string next = printed(LogFormat::text, [&] {
    log.write(at(1'000), {Log::Level::info, "flood", {}, {}});
  });
  EXPECT_THAT(next, HasSubstr("5")) << "those that were left out are counted";
  log.write(at(1'000), {Log::Level::info, "another", {}, {}});
}

}  // namespace shell_log_test
}  // namespace muster::testing
