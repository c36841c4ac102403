// A certificate of our own making, for development: self-signed, P-256, for a list of domains.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "shell/tls/contexts.h"

namespace muster {

// That in `folder`, if it is there and serves all of `domains`; else it is made and kept there, in
// one file with its key, readable by its owner alone. The error is one line for the operator.
Result<std::vector<CertificateFiles>, std::string> development_certificates(
    const std::filesystem::path& folder, const std::vector<std::string>& domains);

}  // namespace muster
