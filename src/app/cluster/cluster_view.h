// A cluster as its servers tell it by their control sockets: who they are as one of them knows it,
// which asks the others for their figures; and where it could not reach one that runs here, what
// that says itself.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/data/data_directory.h"
#include "base/result.h"
#include "base/time.h"
#include "server/admin_events.h"
#include "shell/control/control_requests.h"

namespace muster {

class ClusterView {
 public:
  // A server that does not answer within ControlDoor::kProbeTimeMax is passed over.
  explicit ClusterView(DataDirectory data) : data_(std::move(data)) {}

  // By incarnation; `itself` is the one whose knowledge it is. The error, here and below, is one
  // line for the operator.
  Result<std::vector<ServerSeen>, std::string> look() const;
  // The one that has this user, or none.
  Result<std::vector<ServerSeen>, std::string> find(const Address& user) const;
  // The users of a server, by its SIP URI: in pages, until `show`, which is told of each, has had
  // enough.
  Result<void, std::string> users(
      const std::string& svr_id,
      const std::function<bool(const std::vector<UserSeen>&)>& show) const;
  // To the main, wherever it is: who runs here passes it on.
  Result<void, std::string> order(const OrderServer& order) const;

 private:
  using Servers = Result<std::vector<ServerSeen>, std::string>;

  // What each server that runs answers, in the order of their ids, until `enough` says so of one.
  template <class Enough>
  Servers ask_each(const ControlRequest& request, Enough enough) const;

  DataDirectory data_;
};

// "s1" of sip:s1.example.com, where that is the service's first domain.
std::string short_name(const ServerSeen& server, const std::string& domain);

}  // namespace muster
