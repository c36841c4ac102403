#include "app/user/password_input.h"

#include <fmt/core.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>

namespace muster {
namespace {

// 24 letters and digits: more than 120 bits. Without those that look alike.
constexpr std::size_t kGeneratedCharacters = 24;
constexpr std::string_view kAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";
static_assert(256 % kAlphabet.size() == 0, "each as likely as the others");

constexpr char kInterrupt = 3;  // Ctrl-C

// While this lives, the terminal shows nothing of what is typed, and leaves Ctrl-C to the reader,
// so that it is as before whatever happens.
class SilentTerminal {
 public:
  SilentTerminal() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~SilentTerminal() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

 private:
  termios before_{};
};

enum class Ended { line, nothing, interrupt, too_long };

// A line, without its end. Byte by byte: what stands behind it is not ours.
Ended read_line(std::string& line) {
  line.reserve(kPasswordBytesMax + 2);
  while (true) {
    char c = 0;
    const ssize_t bytes = ::read(STDIN_FILENO, &c, 1);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) return line.empty() ? Ended::nothing : Ended::line;
    if (c == kInterrupt && ::isatty(STDIN_FILENO) != 0) return Ended::interrupt;
    if (c == '\n') break;
    line.push_back(c);
    if (line.size() > kPasswordBytesMax + 1) return Ended::too_long;
  }
  if (line.ends_with('\r')) line.pop_back();
  return line.size() > kPasswordBytesMax ? Ended::too_long : Ended::line;
}

Result<Secret, std::string> password_line() {
  std::string line;
  const Ended ended = read_line(line);
  Secret password(std::move(line));
  switch (ended) {
    case Ended::line: return password;
    case Ended::nothing: return Failure{std::string("no password was given")};
    case Ended::interrupt: return Failure{std::string("interrupted; nothing was done")};
    case Ended::too_long: break;
  }
  return Failure{"a password has at most " + std::to_string(kPasswordBytesMax) + " bytes"};
}

Result<Secret, std::string> ask_twice(const Address& account) {
  if (::isatty(STDIN_FILENO) == 0) {
    return Failure{
        std::string("there is no terminal to ask for the password on; there are"
                    " --password-stdin and --generate")};
  }
  const SilentTerminal silent;
  fmt::print(stderr, "Password for {}: ", account.text());
  auto first = password_line();
  fmt::print(stderr, "\n");
  if (!first) return first;
  fmt::print(stderr, "Once more: ");
  auto second = password_line();
  fmt::print(stderr, "\n");
  if (!second) return second;
  if (first->view() == second->view()) return first;
  return Failure{std::string("the two are not the same; nothing was done")};
}

Secret generated() {
  std::string bytes = random_bytes(kGeneratedCharacters);
  std::string password;
  password.reserve(kGeneratedCharacters);
  for (const char byte : bytes) {
    password.push_back(kAlphabet[static_cast<unsigned char>(byte) % kAlphabet.size()]);
  }
  cleanse(bytes);
  return Secret(std::move(password));
}

}  // namespace

Result<Secret, std::string> read_password(PasswordFrom from, const Address& account) {
  switch (from) {
    case PasswordFrom::standard_input: return password_line();
    case PasswordFrom::generated: return generated();
    case PasswordFrom::terminal: break;
  }
  return ask_twice(account);
}

Result<bool, std::string> confirm(const std::string& question) {
  if (::isatty(STDIN_FILENO) == 0) {
    return Failure{
        std::string("there is no terminal to ask on whether that is meant; there is"
                    " --yes")};
  }
  fmt::print(stderr, "{} [y/N] ", question);
  std::string answer;
  return read_line(answer) == Ended::line && (answer == "y" || answer == "yes");
}

}  // namespace muster
