// What the servers of a cluster tell one another: the presence data structure of the paper (section
// 3.2), with the endpoints of each server, as plain values. It is written as PIDF, extended, by
// codec/cluster.
//
// Lists are sets, sorted by the key of what they hold (sorted.h), but for the candidates, whose
// order is the order in which they are tried.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "model/address.h"

namespace muster::cluster {

// Counts changes of the document, whoever makes them; and who is main, from one to the next.
using DocVersion = Id<struct DocVersionTag, std::uint64_t>;
using Epoch = Id<struct EpochTag, std::uint64_t>;

// An index from the sum of a server's users and of their registered presence resources.
struct LoadLevel {
  std::uint32_t value = 0;
  friend auto operator<=>(const LoadLevel&, const LoadLevel&) = default;
};

// <svr-load>: a running server. Its id is its SIP URI.
struct ServerLoad {
  std::string svr_id;
  LoadLevel current;
  std::optional<LoadLevel> max;  // none: no limit

  std::string_view key() const { return svr_id; }
  friend bool operator==(const ServerLoad&, const ServerLoad&) = default;
};

// Where a running server is reached over one protocol: one <tuple>.
struct ServerEndpoint {
  enum class Kind : std::uint8_t { sip, xmpp, wss };

  std::string svr_id;
  Kind kind = Kind::sip;
  bool open = true;  // not while the server is draining
  std::string contact;

  std::pair<std::string_view, Kind> key() const { return {svr_id, kind}; }
  friend bool operator==(const ServerEndpoint&, const ServerEndpoint&) = default;
};

// <pres-type>: what a user is present through.
enum class PresType : std::uint8_t { xmpp, sip, both };

// <info-users>: a user of one server. A server that holds a list pays, for each, this and the text
// of her address: at most kUserBytesMax while that has 47 bytes, her presence not counted.
struct User {
  Address user_id;  // bare
  PresType pres_type = PresType::xmpp;
  std::uint32_t resource_number = 0;
  // Her presence: XML for a place where the default namespace is PIDF's and no prefix is bound;
  // empty if it is not told.
  std::string pres_info;

  const Address& key() const { return user_id; }
  friend bool operator==(const User&, const User&) = default;
};
inline constexpr std::size_t kUserBytesMax = 200;

// <current-users-list>: the users of one server. Either only how many they are, or all, or, while
// the list is coming in, a part.
struct UsersList {
  std::string server_id;
  std::uint32_t number = 0;
  std::vector<User> users;

  bool complete() const { return users.size() == number; }
  std::string_view key() const { return server_id; }
  friend bool operator==(const UsersList&, const UsersList&) = default;
};

struct Document {
  std::string entity;  // the URI of the service
  DocVersion version;
  Epoch epoch;
  std::vector<ServerLoad> loads;
  std::vector<std::string> candidates;  // SIP URIs
  std::uint32_t active_number = 0;
  std::vector<ServerEndpoint> endpoints;
  std::vector<UsersList> lists;
  std::uint32_t total_users_number = 0;

  friend bool operator==(const Document&, const Document&) = default;
};

// What a document may contradict itself in.
enum class Contradiction : std::uint8_t {
  none,

  // The same server, candidate, endpoint or list twice, or a set of them that is not sorted. The
  // users of a list are not looked at: there are many, and insert() (sorted.h) keeps them so.
  duplicate,

  // An endpoint or a users list of a server that has no load level: it does not run.
  unknown_server,

  // active_number is not the number of servers with a load level.
  active_number,

  // A list with more users than its number says; or fewer, but some, and `parts` is not allowed.
  users_number,

  // total_users_number is less than the numbers of all lists together; or it is more, and each
  // server has a list.
  total_number,
};

enum class Parts : std::uint8_t { allowed, none };

// The first of them that there is.
Contradiction contradiction_of(const Document& document, Parts parts);

}  // namespace muster::cluster
