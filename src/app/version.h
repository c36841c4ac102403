// What this software calls itself; the version is the project's, in CMakeLists.txt.
#pragma once

namespace muster {

inline constexpr const char* kVersion = MUSTER_VERSION;

}  // namespace muster
