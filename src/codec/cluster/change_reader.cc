#include "codec/cluster/change_reader.h"

#include <optional>
#include <utility>

#include "codec/cluster/names.h"
#include "codec/cluster/write.h"
#include "codec/pidf/extension.h"
#include "codec/pidf/values.h"
#include "model/cluster/sorted.h"

namespace muster::cluster {
namespace {

// True if the first key of its selector is the URI of a server.
bool names_server(Target target) {
  switch (target) {
    case Target::load:
    case Target::level:
    case Target::candidate:
    case Target::list:
    case Target::users_number:
    case Target::user:
    case Target::resource_number: return true;
    default: return false;
  }
}

}  // namespace

std::vector<Change> ChangeReader::read(const xml::Element& root) {
  for (const xml::Element operation : root.children()) {
    if (operation.ns() != kNsPidfDiff) elements_.fail(Error::bad_operation);
    const auto selector = read_selector(operation.attribute("sel").value_or(""), operation);
    if (!selector) elements_.fail(Error::bad_selector);
    if (selector && names_server(selector->target)) elements_.server_uri(selector->keys[0]);
    if (elements_.failure()) break;
    if (operation.name() == "add") {
      add(operation, *selector);
    } else if (operation.name() == "replace") {
      replace(operation, *selector);
    } else if (operation.name() == "remove" && operation.children().empty()) {
      remove(*selector);
    } else {
      elements_.fail(Error::bad_operation);
    }
  }
  return std::move(changes_);
}

// Whitespace around what is added is nothing here: only elements are.
void ChangeReader::add(const xml::Element& operation, const Selector& selector) {
  const auto pos = operation.attribute("pos");
  const bool prepend = pos == "prepend";
  if (operation.attribute("type") || (pos && !prepend) || operation.children().empty() ||
      !pidf::trim(operation.text()).empty() || (prepend && selector.target != Target::document)) {
    return elements_.fail(Error::bad_operation);
  }
  AddUsers users{selector.keys[0], {}};
  for (const xml::Element child : operation.children()) {
    if (elements_.failure()) return;
    if (selector.target == Target::document) {
      add_to_document(child, prepend);
    } else if (selector.target == Target::loads && child.is("svr-load", kNsCluster)) {
      push(Add<ServerLoad>{elements_.load(child)});
    } else if (selector.target == Target::candidates && child.is("svr-uri", kNsCluster)) {
      push(AddCandidate{elements_.server_uri(pidf::trim(child.text()))});
    } else if (selector.target == Target::list && child.is("info-users", kNsCluster)) {
      grow(users.users);
      users.users.push_back(elements_.user(child));
    } else {
      elements_.fail(Error::bad_operation);
    }
  }
  if (!users.users.empty()) push(std::move(users));
}

void ChangeReader::add_to_document(const xml::Element& child, bool prepend) {
  if (child.is("current-users-list", kNsCluster) && !prepend) {
    return push(Add<UsersList>{elements_.list(child)});
  }
  if (!child.is("tuple", pidf::kNsPidf) || !prepend) return elements_.fail(Error::bad_operation);
  auto endpoint = elements_.endpoint(child);
  if (!endpoint) return elements_.fail(Error::bad_operation);
  push(Add<ServerEndpoint>{std::move(*endpoint)});
}

void ChangeReader::replace(const xml::Element& operation, const Selector& selector) {
  const xml::ChildRange children = operation.children();
  const std::string_view text = pidf::trim(operation.text());
  if (children.empty()) {
    if (!replace_text(text, selector)) elements_.fail(Error::bad_operation);
    return;
  }
  auto next = children.begin();
  const xml::Element by = *next;
  const bool one = ++next == children.end();
  if (!one || !text.empty() || !replace_element(by, selector)) {
    elements_.fail(Error::bad_operation);
  }
}

bool ChangeReader::replace_text(std::string_view text, const Selector& selector) {
  const std::string& key = selector.keys[0];
  using Of = SetNumber::Of;
  switch (selector.target) {
    case Target::doc_version: set_number(Of::doc_version, text); return true;
    case Target::epoch: set_number(Of::epoch, text); return true;
    case Target::active_number: set_number(Of::active_number, text); return true;
    case Target::total_number: set_number(Of::total_users_number, text); return true;
    case Target::level: push(SetLevel{key, {elements_.number<std::uint32_t>(text)}}); return true;
    case Target::users_number:
      push(SetUsersNumber{key, elements_.number<std::uint32_t>(text)});
      return true;
    case Target::resource_number:
      push(SetResourceNumber{key, elements_.user_id(selector.keys[1]),
                             elements_.number<std::uint32_t>(text)});
      return true;
    case Target::basic: {
      auto endpoint = ElementReader::endpoint_of(key);
      if (!endpoint) return false;
      push(SetOpen{std::move(endpoint->first), endpoint->second, elements_.basic(text)});
      return true;
    }
    default: return false;
  }
}

bool ChangeReader::replace_element(const xml::Element& by, const Selector& selector) {
  const std::string& key = selector.keys[0];
  if (selector.target == Target::endpoint && by.is("tuple", pidf::kNsPidf)) {
    auto endpoint = elements_.endpoint(by);
    if (!endpoint) return false;
    check_key(tuple_id(endpoint->svr_id, endpoint->kind) == key);
    push(Replace<ServerEndpoint>{std::move(*endpoint)});
  } else if (selector.target == Target::load && by.is("svr-load", kNsCluster)) {
    ServerLoad load = elements_.load(by);
    check_key(load.svr_id == key);
    push(Replace<ServerLoad>{std::move(load)});
  } else if (selector.target == Target::candidates && by.is("candidate-svr-list", kNsCluster)) {
    push(ReplaceCandidates{elements_.candidates(by)});
  } else if (selector.target == Target::list && by.is("current-users-list", kNsCluster)) {
    UsersList list = elements_.list(by);
    check_key(list.server_id == key);
    push(Replace<UsersList>{std::move(list)});
  } else if (selector.target == Target::user && by.is("info-users", kNsCluster)) {
    User user = elements_.user(by);
    check_key(user.user_id.text() == selector.keys[1]);
    push(ReplaceUser{key, std::move(user)});
  } else {
    return false;
  }
  return true;
}

void ChangeReader::remove(const Selector& selector) {
  const std::string& key = selector.keys[0];
  switch (selector.target) {
    case Target::load: return push(RemoveLoad{key});
    case Target::candidate: return push(RemoveCandidate{key});
    case Target::list: return push(RemoveList{key});
    case Target::user: return push(RemoveUser{key, elements_.user_id(selector.keys[1])});
    case Target::endpoint:
      if (auto endpoint = ElementReader::endpoint_of(key)) {
        return push(RemoveEndpoint{std::move(endpoint->first), endpoint->second});
      }
      break;
    default: break;
  }
  elements_.fail(Error::bad_operation);
}

void ChangeReader::push(Change change) {
  if (changes_.size() == limits_.changes_max) return elements_.fail(Error::too_many_changes);
  changes_.push_back(std::move(change));
}

void ChangeReader::set_number(SetNumber::Of of, std::string_view text) {
  const bool wide = of == SetNumber::Of::doc_version || of == SetNumber::Of::epoch;
  push(SetNumber{
      of, wide ? elements_.number<std::uint64_t>(text) : elements_.number<std::uint32_t>(text)});
}

void ChangeReader::check_key(bool same) {
  if (!same) elements_.fail(Error::bad_operation);
}

}  // namespace muster::cluster
