#include "codec/cluster/element_writer.h"

#include <array>
#include <charconv>

#include "base/check.h"
#include "codec/cluster/write.h"
#include "codec/pidf/id.h"

namespace muster::cluster {

std::string_view to_string(ServerEndpoint::Kind kind) {
  switch (kind) {
    case ServerEndpoint::Kind::sip: return "sip";
    case ServerEndpoint::Kind::xmpp: return "xmpp";
    case ServerEndpoint::Kind::wss: return "wss";
  }
  MUSTER_UNREACHABLE("an endpoint's kind is one of its enumerators");
}

std::string_view to_string(PresType type) {
  switch (type) {
    case PresType::xmpp: return "XMPP";
    case PresType::sip: return "SIP";
    case PresType::both: return "XMPP SIP";
  }
  MUSTER_UNREACHABLE("a presence type is one of its enumerators");
}

std::string tuple_id(std::string_view svr_id, ServerEndpoint::Kind kind) {
  return pidf::to_id(std::string(to_string(kind)) + "-", svr_id);
}

// PIDF's schema wants the tuples first.
void ElementWriter::content(const Document& document) {
  for (const ServerEndpoint& endpoint : document.endpoints)
    element(endpoint);
  number("c:doc-version", document.version.number());
  number("c:epoch", document.epoch.number());
  writer_.open("c:svr-loadlevel-list");
  for (const ServerLoad& load : document.loads)
    element(load);
  writer_.close();
  candidates(document.candidates);
  number("c:active-svr-number", document.active_number);
  for (const UsersList& list : document.lists)
    element(list);
  number("c:total-users-number", document.total_users_number);
}

void ElementWriter::element(const ServerLoad& load) {
  writer_.open("c:svr-load").attribute("svr-id", load.svr_id);
  number("c:current-loadlevel", load.current.value);
  if (load.max) number("c:max-loadlevel", load.max->value);
  writer_.close();
}

void ElementWriter::element(const ServerEndpoint& endpoint) {
  writer_.open("tuple").attribute("id", tuple_id(endpoint.svr_id, endpoint.kind));
  writer_.open("status");
  text("basic", endpoint.open ? "open" : "closed");
  writer_.close();
  text("contact", endpoint.contact);
  writer_.close();
}

void ElementWriter::element(const UsersList& list) {
  writer_.open("c:current-users-list").attribute("server-id", list.server_id);
  number("c:current-users-number", list.number);
  for (const User& user : list.users)
    element(user);
  writer_.close();
}

void ElementWriter::element(const User& user) {
  writer_.open("c:info-users").attribute("user-id", user.user_id.text());
  text("c:pres-type", to_string(user.pres_type));
  number("c:resource-number", user.resource_number);
  if (!user.pres_info.empty()) writer_.open("c:pres-info").verbatim(user.pres_info).close();
  writer_.close();
}

void ElementWriter::candidates(const std::vector<std::string>& uris) {
  writer_.open("c:candidate-svr-list");
  for (const std::string& uri : uris)
    candidate(uri);
  writer_.close();
}

void ElementWriter::candidate(std::string_view uri) {
  text("c:svr-uri", uri);
}

void ElementWriter::text(std::string_view name, std::string_view text) {
  writer_.open(name).text(text).close();
}

void ElementWriter::number(std::string_view name, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text(name, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

}  // namespace muster::cluster
