// musterd: serves presence over XMPP and SIP.

#include <utility>

#include "app/allocator.h"
#include "app/command_line/standard_streams.h"
#include "app/service/dev.h"
#include "app/service/musterd_options.h"
#include "app/service/run.h"
#include "base/overloaded.h"

int main(int argc, char** argv) {
  muster::settle_allocator();
  muster::hold_standard_streams();
  auto parsed = muster::parse_musterd(argc, argv);
  if (const int* exit_code = std::get_if<int>(&parsed)) return *exit_code;
  return std::visit(muster::Overloaded{
                        [](muster::DevCommand& dev) { return muster::serve_dev(std::move(dev)); },
                        [](const muster::RunCommand& run) { return muster::serve_run(run); },
                        [](const muster::CompletionCommand& completion) {
                          return muster::print("musterd", completion.script);
                        },
                    },
                    std::get<muster::MusterdCommand>(parsed));
}
