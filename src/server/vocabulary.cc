#include "server/vocabulary.h"

#include <algorithm>

namespace muster {

void TextParts::begin_text() {
  constexpr std::size_t kLastPartBytes = 1'024;
  text_ = std::make_shared<std::string>();
  text_->reserve(std::min(expected_, kTextBytes + kLastPartBytes));
  expected_ -= std::min(expected_, kTextBytes);
  begin_ = 0;
}

}  // namespace muster
