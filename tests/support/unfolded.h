// The examples of docs/wire.md are folded for reading.
#pragma once

#include <string>
#include <string_view>

namespace muster::testing {

// Without line feeds and the spaces that indent: inside a tag, one space stands for them.
inline std::string unfolded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n') {
      out += text[i];
      continue;
    }
    while (i + 1 < text.size() && text[i + 1] == ' ')
      ++i;
    if (!out.empty() && out.back() != '>' && i + 1 < text.size() && text[i + 1] != '<') out += ' ';
  }
  return out;
}

}  // namespace muster::testing
