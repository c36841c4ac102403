// What this software calls itself; the version is the project's, in CMakeLists.txt.
#pragma once

namespace muster {

extern const char* const kVersion;

}  // namespace muster
