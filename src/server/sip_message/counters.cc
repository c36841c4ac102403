#include "server/sip_message/counters.h"

namespace muster {

std::string_view text_of(SipDrop drop) {
  static constexpr std::array<std::string_view, kSipDrops> kTexts = {
      "keep_alive",          "not_sip",
      "not_binding_request", "bare_line_break",
      "oversized",           "unanswerable",
      "stray_ack",           "malformed_response",
      "stray_response",      "proxied_beyond_limit",
      "unsendable_answer",   "unanswered_request",
      "link_beyond_limit",   "link_silent",
      "link_slow",           "link_beyond_memory",
      "link_not_sip",        "peer_beyond_limit",
      "link_to_nobody"};
  return kTexts[static_cast<std::size_t>(drop)];
}

}  // namespace muster
