// What the programs' exit codes mean.
#pragma once

namespace muster {

inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;  // with a reason, on stderr
inline constexpr int kUsage = 2;  // a command line that means nothing, a file that is no recording
inline constexpr int kDifferent = 3;  // a replay came to other orders

}  // namespace muster
