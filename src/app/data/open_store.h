// The store of a service: PostgreSQL where its configuration names one, or else the file in its
// data directory.
#pragma once

#include <memory>
#include <string>

#include "app/data/data_directory.h"
#include "base/result.h"
#include "shell/store/store_backend.h"

namespace muster {

// `postgres` is a connection string, or empty. The error is one line for the operator.
Result<std::unique_ptr<StoreBackend>, std::string> open_store(const DataDirectory& data,
                                                              const std::string& postgres);

}  // namespace muster
