// Counts of stanzas as two peers tell each other, which begin anew at 2^32: XEP-0198 section 4.
#pragma once

#include <cstdint>
#include <optional>

namespace muster {

// Of `sent` stanzas the last `waiting` were not acknowledged; now the peer has handled `handled`.
// How many of them that acknowledges. Nothing if the peer cannot have counted so: it was not sent
// as many, or has said more before, which looks the same.
constexpr std::optional<std::uint32_t> newly_handled(std::uint32_t sent, std::uint32_t waiting,
                                                     std::uint32_t handled) {
  const std::uint32_t done = handled - (sent - waiting);
  if (done > waiting) return std::nullopt;
  return done;
}

}  // namespace muster
