// What one cluster document has that another has not, change by change, each of which is one
// operation of RFC 5261 on the wire (codec/cluster/selector.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/cluster/document.h"
#include "model/cluster/limits.h"

namespace muster::cluster {

// <doc-version>, <epoch>, <active-svr-number>, <total-users-number>.
struct SetNumber {
  enum class Of : std::uint8_t { doc_version, epoch, active_number, total_users_number };
  Of of = Of::doc_version;
  std::uint64_t value = 0;
  friend bool operator==(const SetNumber&, const SetNumber&) = default;
};

// Of a server's load, endpoint or users list. `replace` wants the one with the same key to be
// there, `add` wants it not to be.
template <class T>
struct Add {
  T added;
  friend bool operator==(const Add&, const Add&) = default;
};
template <class T>
struct Replace {
  T by;
  friend bool operator==(const Replace&, const Replace&) = default;
};

struct RemoveLoad {
  std::string svr_id;
  friend bool operator==(const RemoveLoad&, const RemoveLoad&) = default;
};
struct SetLevel {
  std::string svr_id;
  LoadLevel level;
  friend bool operator==(const SetLevel&, const SetLevel&) = default;
};

struct ReplaceCandidates {
  std::vector<std::string> candidates;
  friend bool operator==(const ReplaceCandidates&, const ReplaceCandidates&) = default;
};
struct AddCandidate {  // behind the others
  std::string svr_uri;
  friend bool operator==(const AddCandidate&, const AddCandidate&) = default;
};
struct RemoveCandidate {
  std::string svr_uri;
  friend bool operator==(const RemoveCandidate&, const RemoveCandidate&) = default;
};

struct RemoveEndpoint {
  std::string svr_id;
  ServerEndpoint::Kind kind = ServerEndpoint::Kind::sip;
  friend bool operator==(const RemoveEndpoint&, const RemoveEndpoint&) = default;
};
struct SetOpen {
  std::string svr_id;
  ServerEndpoint::Kind kind = ServerEndpoint::Kind::sip;
  bool open = true;
  friend bool operator==(const SetOpen&, const SetOpen&) = default;
};

struct RemoveList {
  std::string server_id;
  friend bool operator==(const RemoveList&, const RemoveList&) = default;
};
struct SetUsersNumber {
  std::string server_id;
  std::uint32_t number = 0;
  friend bool operator==(const SetUsersNumber&, const SetUsersNumber&) = default;
};
struct AddUsers {
  std::string server_id;
  std::vector<User> users;
  friend bool operator==(const AddUsers&, const AddUsers&) = default;
};
struct ReplaceUser {
  std::string server_id;
  User by;
  friend bool operator==(const ReplaceUser&, const ReplaceUser&) = default;
};
struct RemoveUser {
  std::string server_id;
  Address user_id;
  friend bool operator==(const RemoveUser&, const RemoveUser&) = default;
};
struct SetResourceNumber {
  std::string server_id;
  Address user_id;
  std::uint32_t number = 0;
  friend bool operator==(const SetResourceNumber&, const SetResourceNumber&) = default;
};

using Change = std::variant<SetNumber, Add<ServerLoad>, Replace<ServerLoad>, RemoveLoad, SetLevel,
                            ReplaceCandidates, AddCandidate, RemoveCandidate, Add<ServerEndpoint>,
                            Replace<ServerEndpoint>, RemoveEndpoint, SetOpen, Add<UsersList>,
                            Replace<UsersList>, RemoveList, SetUsersNumber, AddUsers, ReplaceUser,
                            RemoveUser, SetResourceNumber>;

// What makes `now` of `before`, which are of the same entity.
std::vector<Change> diff(const Document& before, const Document& now);

enum class ApplyError : std::uint8_t {
  // What is to be set, replaced or removed is not there, or what is to be added is.
  no_target,

  // A number does not fit what it is to be.
  bad_number,

  // The limits of the same names.
  too_many_servers,
  too_many_candidates,
  too_many_users,

  // All changes are made, and the document contradicts itself; a list may have a part only.
  contradictory,
};

// Makes the changes in place, in their order, and takes what they hold. If one fails the document
// is as it was, except that of lists in which users were changed only the numbers are known.
Result<void, ApplyError> apply(std::vector<Change> changes, const Limits& limits,
                               Document& document);

// Nothing if the document, taken by itself, is within the limits.
std::optional<ApplyError> excess_of(const Document& document, const Limits& limits);

}  // namespace muster::cluster
