#include "codec/cluster/element_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "codec/address/jid.h"
#include "codec/cluster/names.h"
#include "codec/cluster/read.h"
#include "codec/cluster/write.h"
#include "codec/pidf/extension.h"
#include "codec/pidf/id.h"
#include "codec/pidf/values.h"
#include "codec/sip/uri.h"
#include "model/cluster/sorted.h"

namespace muster::cluster {
namespace {

using Kind = ServerEndpoint::Kind;
using Found = std::optional<xml::Element>;

bool must_be_understood(const xml::Element& element) {
  const auto mark = element.attribute("mustUnderstand", pidf::kNsPidf);
  return mark && (*mark == "true" || *mark == "1");
}

bool is_server_uri(std::string_view text) {
  if (text.size() > kUriBytesMax) return false;
  const auto uri = sip::parse_uri(text);
  return uri && uri->is_sip() && !uri->has_user();
}

// One of our elements under another flag: as the paper prints them, without a namespace; in PIDF's;
// or of another version.
bool is_misnamed(const xml::Element& child) {
  constexpr std::string_view kAnyVersion = "urn:muster:presence-cluster:";
  if (child.ns() == pidf::kNsPidf) return child.name() != "tuple" && child.name() != "note";
  return child.ns().empty() || (child.ns() != kNsCluster && child.ns().starts_with(kAnyVersion));
}

}  // namespace

Document ElementReader::document(const xml::Element& root) {
  Document document;
  document.entity = attribute(root, "entity");
  if (document.entity.size() > kUriBytesMax || !sip::parse_uri(document.entity)) {
    fail(Error::bad_uri);
  }
  Found version, epoch, loads, candidates_list, active, total;
  take_parts(root,
             {{"doc-version", &version},
              {"epoch", &epoch},
              {"svr-loadlevel-list", &loads},
              {"candidate-svr-list", &candidates_list},
              {"active-svr-number", &active},
              {"total-users-number", &total}},
             {"current-users-list"});
  document.version = DocVersion(number<std::uint64_t>(text_of(version)));
  document.epoch = Epoch(number<std::uint64_t>(text_of(epoch)));
  document.active_number = number<std::uint32_t>(text_of(active));
  document.total_users_number = number<std::uint32_t>(text_of(total));
  if (!loads || !candidates_list) fail(Error::missing);
  if (failure_) return document;
  read_loads(*loads, document);
  document.candidates = candidates(*candidates_list);
  for (const xml::Element child : root.children()) {
    if (failure_) break;
    if (is_misnamed(child)) {
      fail(Error::wrong_namespace);
    } else if (child.is("tuple", pidf::kNsPidf)) {
      auto read = endpoint(child);
      if (read && !insert(document.endpoints, std::move(*read))) fail(Error::duplicate);
    } else if (child.is("current-users-list", kNsCluster)) {
      if (!insert(document.lists, list(child))) fail(Error::duplicate);
    }
  }
  return document;
}

void ElementReader::read_loads(const xml::Element& element, Document& document) {
  take_parts(element, {}, {"svr-load"});
  for (const xml::Element child : element.children()) {
    if (failure_) return;
    if (!child.is("svr-load", kNsCluster)) continue;
    if (!insert(document.loads, load(child))) fail(Error::duplicate);
    if (document.loads.size() > limits_.servers_max) fail(Error::too_many_servers);
  }
}

ServerLoad ElementReader::load(const xml::Element& element) {
  ServerLoad load;
  Found current, max;
  load.svr_id = server_uri(attribute(element, "svr-id"));
  take_parts(element, {{"current-loadlevel", &current}, {"max-loadlevel", &max}});
  load.current.value = number<std::uint32_t>(text_of(current));
  if (max) load.max = LoadLevel{number<std::uint32_t>(text_of(max))};
  return load;
}

std::optional<ServerEndpoint> ElementReader::endpoint(const xml::Element& tuple) {
  const auto known = endpoint_of(attribute(tuple, "id"));
  if (!known) return std::nullopt;
  ServerEndpoint endpoint;
  endpoint.svr_id = known->first;
  endpoint.kind = known->second;
  const auto status = tuple.child("status", pidf::kNsPidf);
  endpoint.open = basic(status ? status->child_text("basic", pidf::kNsPidf) : "");
  endpoint.contact = contact(tuple.child_text("contact", pidf::kNsPidf), endpoint.kind);
  for (const xml::Element child : tuple.children())
    check_other(child);
  return endpoint;
}

UsersList ElementReader::list(const xml::Element& element) {
  UsersList list;
  Found number_part;
  list.server_id = server_uri(attribute(element, "server-id"));
  take_parts(element, {{"current-users-number", &number_part}}, {"info-users"});
  list.number = number<std::uint32_t>(text_of(number_part));
  for (const xml::Element child : element.children()) {
    if (failure_) break;
    if (!child.is("info-users", kNsCluster)) continue;
    if (!insert(list.users, user(child))) fail(Error::duplicate);
  }
  return list;
}

User ElementReader::user(const xml::Element& element) {
  User user;
  if (++users_ > limits_.users_max) fail(Error::too_many_users);
  Found type, resources, info;
  user.user_id = user_id(attribute(element, "user-id"));
  take_parts(element,
             {{"pres-type", &type}, {"resource-number", &resources}, {"pres-info", &info}});
  const std::string_view name = pidf::trim(text_of(type));
  const auto known = {PresType::xmpp, PresType::sip, PresType::both};
  const auto* const found = std::find_if(known.begin(), known.end(),
                                         [&](PresType one) { return to_string(one) == name; });
  if (found == known.end()) {
    fail(Error::bad_pres_type);
  } else {
    user.pres_type = *found;
  }
  user.resource_number = number<std::uint32_t>(text_of(resources));
  if (info && (!info->write_inner(user.pres_info, pidf::kNsPidf) ||
               user.pres_info.size() > limits_.pres_info_bytes_max)) {
    fail(Error::pres_info_too_big);
  }
  return user;
}

std::vector<std::string> ElementReader::candidates(const xml::Element& element) {
  std::vector<std::string> uris;
  take_parts(element, {}, {"svr-uri"});
  for (const xml::Element child : element.children()) {
    if (failure_) break;
    if (!child.is("svr-uri", kNsCluster)) continue;
    std::string uri = server_uri(pidf::trim(child.text()));
    if (std::find(uris.begin(), uris.end(), uri) != uris.end()) fail(Error::duplicate);
    uris.push_back(std::move(uri));
    if (uris.size() > limits_.candidates_max) fail(Error::too_many_candidates);
  }
  return uris;
}

std::string ElementReader::server_uri(std::string_view text) {
  if (is_server_uri(text)) return std::string(text);
  fail(Error::bad_uri);
  return {};
}

std::string ElementReader::contact(std::string_view text, Kind kind) {
  text = pidf::trim(text);
  if (text.size() <= kUriBytesMax) {
    const auto uri = sip::parse_uri(text);
    const bool fits =
        uri && (kind == Kind::sip ? uri->is_sip() : uri->scheme_text == to_string(kind));
    if (fits) return std::string(text);
  }
  fail(Error::bad_uri);
  return {};
}

Address ElementReader::user_id(std::string_view text) {
  auto address = parse_jid(text);
  // As it is written here it is written everywhere: a selector finds it by its text.
  if (address && address->has_local() && address->text() == text && !address->has_resource()) {
    return std::move(*address);
  }
  fail(Error::bad_user_id);
  return {};
}

bool ElementReader::basic(std::string_view text) {
  text = pidf::trim(text);
  if (text != "open" && text != "closed") fail(Error::bad_basic);
  return text == "open";
}

std::optional<std::pair<std::string, Kind>> ElementReader::endpoint_of(std::string_view tuple_id) {
  for (const Kind kind : {Kind::sip, Kind::xmpp, Kind::wss}) {
    const std::string_view name = to_string(kind);
    if (!tuple_id.starts_with(name) || !tuple_id.substr(name.size()).starts_with('-')) continue;
    std::string svr_id = pidf::from_id(tuple_id.substr(name.size() + 1));
    // Another id may stand for the same text: that one is not ours.
    if (!is_server_uri(svr_id) || cluster::tuple_id(svr_id, kind) != tuple_id) continue;
    return std::pair(std::move(svr_id), kind);
  }
  return std::nullopt;
}

std::string_view ElementReader::attribute(const xml::Element& element, std::string_view name) {
  const auto value = element.attribute(name);
  if (!value) fail(Error::missing);
  return value.value_or(std::string_view());
}

void ElementReader::take_parts(const xml::Element& element, std::initializer_list<Part> parts,
                               std::initializer_list<std::string_view> lists) {
  for (const xml::Element child : element.children()) {
    const auto* const part = std::find_if(parts.begin(), parts.end(), [&](const Part& one) {
      return child.is(one.name, kNsCluster);
    });
    if (part != parts.end()) {
      if (part->found->has_value()) fail(Error::duplicate);
      *part->found = child;
    } else if (std::none_of(lists.begin(), lists.end(),
                            [&](std::string_view name) { return child.is(name, kNsCluster); })) {
      check_other(child);
    }
  }
}

void ElementReader::check_other(const xml::Element& child) {
  if (must_be_understood(child)) fail(Error::not_understood);
}

std::string_view ElementReader::text_of(const std::optional<xml::Element>& part) {
  if (!part) fail(Error::missing);
  return part ? part->text() : std::string_view();
}

std::uint64_t ElementReader::number_up_to(std::string_view text, std::uint64_t most) {
  const auto number = parse_number<std::uint64_t>(pidf::trim(text));
  if (!number || *number > most) fail(Error::bad_number);
  return number.value_or(0);
}

}  // namespace muster::cluster
