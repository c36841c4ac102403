// The form of ServersListed and UserPage on the control socket (control_wire.h). Times are in
// milliseconds.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/admin_events.h"
#include "shell/control/json_members.h"

namespace muster {

// "standby", "running", "draining", "releasing" or "gone".
std::string_view name_of(cluster::Role role);
// "sip", "xmpp" or "wss".
std::string_view name_of(cluster::ServerEndpoint::Kind kind);

// "xmpp", "sip" or "both".
std::string_view name_of(cluster::PresType by);

control::Json json_of_user(const UserSeen& user);
std::optional<UserSeen> user_in(const control::Json& json);
control::Json json_of_servers(const std::vector<ServerSeen>& servers);
// Nothing if it is not what the other makes.
std::optional<std::vector<ServerSeen>> servers_in(const control::Json& json);

}  // namespace muster
