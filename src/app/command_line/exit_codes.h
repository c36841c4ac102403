// What the programs' exit codes mean.
#pragma once

namespace muster {

inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;  // with a reason, on stderr
inline constexpr int kUsage = 2;    // a command line that means nothing

}  // namespace muster
