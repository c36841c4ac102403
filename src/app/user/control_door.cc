#include "app/user/control_door.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>

#include "shell/control/control_wire.h"

namespace muster {

ControlDoor::ControlDoor(Fd connected, Duration answer_time_max) : fd_(std::move(connected)) {
  const timeval most{static_cast<time_t>(answer_time_max.in_seconds()), 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
}

Result<ControlReply, std::string> ControlDoor::ask(const ControlRequest& request) {
  const std::string line = to_json(request) + "\n";
  std::size_t sent = 0;
  while (sent < line.size()) {
    const ssize_t bytes = ::send(fd_.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) break;  // what it said before it hung up is read below
    sent += static_cast<std::size_t>(bytes);
  }
  std::string answer;
  std::array<char, 16 * 1024> buffer;
  while (!answer.ends_with('\n') && answer.size() < kControlReplyBytesMax) {
    const ssize_t bytes = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return Failure{std::string("the server does not answer; whether it was done is not known")};
    }
    if (bytes <= 0) {
      return Failure{
          std::string("the server ended before it answered; whether it was done is not known")};
    }
    answer.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
  auto reply = parse_control_reply(std::string_view(answer).substr(0, answer.size() - 1));
  if (!reply) return Failure{std::string("the server says what this version does not understand")};
  return std::move(*reply);
}

}  // namespace muster
