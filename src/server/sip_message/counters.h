// What sip_message counts, for the shell to read between turns. Each message that gets no answer,
// and each link that is let go, is counted under its reason.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace muster {

enum class SipDrop : std::uint8_t {
  // Messages.
  keep_alive,            // a datagram of line breaks only
  not_sip,               // neither request nor response
  not_binding_request,   // STUN, and another message of it, or malformed
  bare_line_break,       // a CR or LF of its own in the header section
  oversized,             // a header section that ends nowhere within the codec's limit
  unanswerable,          // a bad request without a Via to answer to, or a bad ACK
  stray_ack,             // an ACK for nothing that we answered
  malformed_response,    // also one of several Via, or of a Via that is not ours
  stray_response,        // to nothing that we asked, or no longer
  proxied_beyond_limit,  // SipMessages::kProxiedResponsesPerSecondMax
  // What we had to say.
  unsendable_answer,   // its link is gone, and no other could be opened
  unanswered_request,  // nobody here answered it in 64*T1 (RFC 4320 section 4.2)
  // Links.
  link_beyond_limit,   // Limits::sip_links_per_shard_max
  link_silent,         // Limits::sip_link_silence_max
  link_slow,           // Limits::sip_message_time_max
  link_beyond_memory,  // Limits::sip_unfinished_bytes_per_shard_max
  link_not_sip,        // what it carried cannot be divided into messages
  peer_beyond_limit,   // Limits::sip_peers_per_shard_max
  link_to_nobody,      // the server that its phones were proxied to is gone
};
inline constexpr std::size_t kSipDrops = static_cast<std::size_t>(SipDrop::link_to_nobody) + 1;

// "stray_response", as a metric is labelled.
std::string_view text_of(SipDrop drop);

struct SipCounters {
  std::uint64_t requests = 0;         // that were read, retransmissions too
  std::uint64_t bindings = 0;         // STUN Binding Requests, all answered
  std::uint64_t responses = 0;        // that ended a request of ours, or were provisional
  std::uint64_t retransmissions = 0;  // of requests, that were absorbed
  std::uint64_t refused = 0;          // answered here with 300 and above
  std::uint64_t overloaded = 0;       // of these: 503 at Limits::sip_requests_per_shard_max
  std::uint64_t forgotten = 0;        // answers given up before Timer J, to make room
  std::uint64_t sent_again = 0;       // by Timers E and G
  std::uint64_t tcp_fallbacks = 0;    // large requests that left over UDP after all
  std::array<std::uint64_t, kSipDrops> dropped{};

  void count(SipDrop drop) { ++dropped[static_cast<std::size_t>(drop)]; }
  std::uint64_t of(SipDrop drop) const { return dropped[static_cast<std::size_t>(drop)]; }
};

}  // namespace muster
