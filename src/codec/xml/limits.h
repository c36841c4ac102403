// How much XML one peer may make us hold at a time. At a limit the parse ends with the error named
// beside it (error.h); nothing of the stanza or document is passed on.
#pragma once

#include <cstddef>
#include <cstdint>

namespace muster::xml {

// The framer has room for so many open tags; no depth_max of its may be above this.
inline constexpr std::uint32_t kDepthMax = 64;

struct Limits {
  std::size_t bytes_max = std::size_t{256} * 1024;  // too_big
  std::uint32_t depth_max = kDepthMax;              // too_deep; the outermost element is at 1
  std::uint32_t elements_max = 8192;                // too_many_elements
  std::uint32_t attributes_max = 64;                // too_many_attributes, on one element
  std::uint32_t declarations_max = 64;              // too_many_declarations, in scope at once
};

// Before a peer has said who it is, it gets less: a header, SASL and in-band registration fit.
inline constexpr std::size_t kUnauthenticatedStanzaBytesMax = std::size_t{16} * 1024;

// Offsets into what was parsed have 32 bits; no limit may be set above this.
inline constexpr std::size_t kParseBytesMax = std::size_t{64} * 1024 * 1024;

}  // namespace muster::xml
