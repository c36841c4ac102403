// stdin, stdout and stderr, as a program finds them.
#pragma once

#include <string>

namespace muster {

// Those that are closed lead nowhere from now on. Else the next file or socket that is opened would
// take the place of one of them, and what is printed or logged would be written into it. Called
// before anything is opened.
void hold_standard_streams();

// `text` to stdout; the exit code. That it cannot be written was said on stderr, by `program`.
int print(const char* program, const std::string& text);

}  // namespace muster
