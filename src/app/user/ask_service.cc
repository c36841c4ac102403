#include "app/user/ask_service.h"

namespace muster {

std::string text_of(ControlRefused::Why why, const ControlRequest& request) {
  using Why = ControlRefused::Why;
  const Address* account = account_of(request);
  const std::string who = account == nullptr ? "the domain" : account->text();
  switch (why) {
    case Why::malformed: return "the server does not understand this version of muster";
    case Why::foreign_domain: return who + " is not of a domain of this service";
    case Why::conflict: return who + " is an account already";
    case Why::no_such_account: return who + " is no account of this service";
    case Why::no_such_watcher: return "nobody of this name watches " + who + " or may";
    case Why::store_failed: return "the database failed; the server's log says why";
    case Why::no_such_server: return "no server of the cluster has that name";
    case Why::wrong_role: return "the server is not in a state for that; `muster servers` shows it";
    case Why::is_main: return "the main cannot be let go";
    case Why::no_answer:
      if (std::holds_alternative<ListUsers>(request)) return "the server did not say whom it has";
      return "the main did not answer in time; `muster servers` shows what it did";
    case Why::too_busy: return "too many others ask the server at this moment";
    case Why::no_cluster: return "no server of a cluster runs there";
    case Why::no_lease: return "the server is not of its cluster at this moment; its log says why";
  }
  return {};
}

}  // namespace muster
