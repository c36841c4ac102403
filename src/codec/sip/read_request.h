// A request and what was read of it: read once, and looked at by all who deal with it. The views of
// `message` and `essentials` are into `bytes`, so it stays where it was made.
#pragma once

#include <string>
#include <string_view>

#include "codec/sip/check.h"
#include "codec/sip/message.h"

namespace muster::sip {

struct ReadRequest {
  explicit ReadRequest(std::string_view text) : bytes(text) {}
  ReadRequest(const ReadRequest&) = delete;
  ReadRequest& operator=(const ReadRequest&) = delete;

  const std::string bytes;
  Message message;        // once parse_message() was given it
  Essentials essentials;  // once check_request() was
};

}  // namespace muster::sip
