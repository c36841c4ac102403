// A code point as ICU takes it: its type is signed.
#pragma once

#include <unicode/umachine.h>

namespace muster {

inline UChar32 icu_char(char32_t c) {
  return static_cast<UChar32>(c);
}

}  // namespace muster
