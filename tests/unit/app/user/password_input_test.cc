#include "app/user/password_input.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "shell/fd.h"

namespace muster {
namespace user_password_input_test {

// What is read where `text` stands on stdin.
Result<std::string, std::string> read_from(const std::string& text) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const Fd before(::dup(STDIN_FILENO));
  const Fd reading(ends[0]);
  EXPECT_EQ(::dup2(reading.get(), STDIN_FILENO), STDIN_FILENO);
  {
    const Fd writing(ends[1]);
    EXPECT_EQ(::write(writing.get(), text.data(), text.size()), ssize_t(text.size()));
  }
  const auto password = read_password(PasswordFrom::standard_input, {});
  ::dup2(before.get(), STDIN_FILENO);
  if (!password) return Failure{password.error()};
  return std::string(password->view());
}

TEST(PasswordInput, IsOneLineWithoutItsEnd) {
  EXPECT_EQ(*read_from("secret\n"), "secret");
  EXPECT_EQ(*read_from("secret\r\nmore\n"), "secret");
  EXPECT_EQ(*read_from(" two words "), " two words ");
  EXPECT_EQ(read_from("").error(), "no password was given");
}

TEST(PasswordInput, HasAMost) {
  const std::string longest(kPasswordBytesMax, 'x');
  EXPECT_EQ(*read_from(longest + "\r\n"), longest);
  EXPECT_EQ(*read_from(longest), longest);
  EXPECT_EQ(read_from(longest + "x\n").error(), "a password has at most 1023 bytes");
  EXPECT_EQ(read_from(longest + longest).error(), "a password has at most 1023 bytes");
}

}  // namespace user_password_input_test
}  // namespace muster
