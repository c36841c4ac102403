// How the generator gives up: it says why and ends, and the server that it started ends with it. A
// figure of a run in which something was lost is worth nothing.
#pragma once

#include <string>

namespace gates {

[[noreturn]] void fail(const std::string& why);

// Fails, with errno's text, if `ok` is false.
void must(bool ok, const char* what);

}  // namespace gates
