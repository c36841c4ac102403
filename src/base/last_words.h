// For a program that has more to say than which check failed (base/check.h): what it was at. The
// simulator says which seed.
#pragma once

namespace muster {

// Called by check_failed before it aborts; null, as at first: nothing.
using LastWords = void (*)() noexcept;
void set_last_words(LastWords words);

}  // namespace muster
