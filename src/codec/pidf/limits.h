// How much presence one document may bring. At a limit the document is refused with the error
// named beside it (read.h).
#pragma once

#include <cstddef>

namespace muster::pidf {

struct Limits {
  std::size_t bytes_max = std::size_t{64} * 1024;  // too_big
  std::size_t parts_max = 64;                      // too_many_parts: tuples, persons, devices
  std::size_t notes_max = 256;                     // too_many_notes, all together
  std::size_t extensions_max = 256;                // too_many_extensions, all together
  std::size_t extension_bytes_max = std::size_t{128} * 1024;  // too_many_extensions, all together
};

}  // namespace muster::pidf
