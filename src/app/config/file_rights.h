// Whether a file may be trusted with what it is configured for. Anybody who may change a
// certificate or a key could speak for the domain, and so could who may read the key.
#pragma once

#include <optional>
#include <string>

namespace muster {

enum class Holds { certificate, key };

// Why not, for the operator ("is readable by others (mode 0644)"); nothing if it is fit.
std::optional<std::string> why_unfit(const std::string& path, Holds what);

}  // namespace muster
