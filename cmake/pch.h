// The standard headers that nearly every translation unit reads, compiled once for each library.
// A source file still includes what it uses.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>
