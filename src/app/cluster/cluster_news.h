// What happened in a cluster between two looks at it, in words: muster watch.
//
// Each life of a server is new once: one that was told to be gone is not heard of again, though an
// older look, of another server, still has it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/admin_events.h"

namespace muster {

class ClusterNews {
 public:
  explicit ClusterNews(std::string domain) : domain_(std::move(domain)) {}

  // In the order in which it is to be told; of the first look who is there.
  std::vector<std::string> of(const std::vector<ServerSeen>& servers);

 private:
  struct Known {
    ServerSeen server;
    bool silent = false;
    bool full = false;
    bool empty = false;  // it drains, and has nobody
  };
  using Lines = std::vector<std::string>;

  void tell_who_is_gone(const std::vector<ServerSeen>& servers, Lines& lines);
  void tell_of(const ServerSeen& server, Lines& lines);
  void tell_changes(Known& known, const ServerSeen& server, Lines& lines);
  void tell_main(const std::vector<ServerSeen>& servers, Lines& lines);

  std::string domain_;
  bool is_first_ = true;
  std::map<cluster::Incarnation, Known> known_;
  std::set<cluster::Incarnation> gone_;
  cluster::Incarnation main_;
};

}  // namespace muster
