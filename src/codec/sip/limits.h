// How much of a SIP message is read. At a limit: Message and Framer say which, and upper floors
// answer 513 (RFC 3261 section 21.5.7) where there is somebody to answer.
#pragma once

#include <cstddef>

namespace muster::sip {

// Start line, header rows and the empty line.
inline constexpr std::size_t kHeaderSectionBytesMax = 65'535;
// Header rows.
inline constexpr std::size_t kHeadersMax = 128;
// A body on a stream: room for a NOTIFY with 256 KB of the cluster document. A datagram is its own
// limit.
inline constexpr std::size_t kBodyBytesMax = std::size_t{512} * 1024;

}  // namespace muster::sip
