// Where a new password comes from. It is never an argument, for others can read those.
//
// Limit: kPasswordBytesMax; a longer one is refused.
#pragma once

#include <cstddef>
#include <string>

#include "app/user/user_options.h"
#include "base/result.h"
#include "shell/crypto.h"

namespace muster {

inline constexpr std::size_t kPasswordBytesMax = 1'023;

// As it was given, but for the end of its line. The error is one line for the operator.
Result<Secret, std::string> read_password(PasswordFrom from, const Address& account);

// "yes" or "y" on the terminal; the error says that there is none.
Result<bool, std::string> confirm(const std::string& question);

}  // namespace muster
