// The servers of a cluster as text: muster servers, muster top, muster where.
#pragma once

#include <string>
#include <vector>

#include "server/admin_events.h"

namespace muster {

// "main", "running", "standby", "draining", "releasing" or "gone".
std::string role_text(const ServerSeen& server);

// A line for each, with a head. What nobody told is "-". `domain`: the service's first.
std::string servers_table(const std::vector<ServerSeen>& servers, const std::string& domain);

// "3 servers, 1 candidate, 12 users".
std::string servers_summary(const std::vector<ServerSeen>& servers);

// Of `muster users`: a head, and a line each. Users come in pages, and so the columns do not wait
// for the widest.
std::string users_head();
std::string user_line(const UserSeen& user);

// "s2 (XMPP 127.0.0.1:40001, SIP 127.0.0.1:40002)".
std::string place_text(const ServerSeen& server, const std::string& domain);

}  // namespace muster
