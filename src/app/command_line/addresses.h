// Addresses as they stand on a command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "model/address.h"

namespace muster {

// Of an account, and of whoever may watch one: alice@example.com.
CLI::Validator bare_address();

// One that was checked.
Address address_of(const std::string& text);

}  // namespace muster
