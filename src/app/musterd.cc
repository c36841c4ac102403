// musterd: serves presence over XMPP and SIP.

#include <cstdio>
#include <utility>

#include "app/command_line/exit_codes.h"
#include "app/service/dev.h"
#include "app/service/musterd_options.h"
#include "app/service/run.h"
#include "base/overloaded.h"

int main(int argc, char** argv) {
  auto parsed = muster::parse_musterd(argc, argv);
  if (const int* exit_code = std::get_if<int>(&parsed)) return *exit_code;
  return std::visit(muster::Overloaded{
                        [](muster::DevCommand& dev) { return muster::serve_dev(std::move(dev)); },
                        [](const muster::RunCommand& run) { return muster::serve_run(run); },
                        [](const muster::CompletionCommand& completion) {
                          return std::fputs(completion.script.c_str(), stdout) < 0
                                     ? muster::kRefused
                                     : muster::kDone;
                        },
                    },
                    std::get<muster::MusterdCommand>(parsed));
}
