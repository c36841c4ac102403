// Writes cluster documents: for every server the same bytes for the same value, which PIDF's schema
// accepts and so does ours (docs/xsd/presence-cluster-1.xsd). docs/wire.md has an example of each.
//
// What is written must be as Reader would have read it: URIs that are URIs, bare addresses, sets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/cluster/change.h"
#include "model/cluster/document.h"
#include "model/cluster/limits.h"

namespace muster::cluster {

// All append to `out`.

// application/pidf+xml.
void write(const Document& document, std::string& out);

// application/pidf-diff+xml. `version` counts what a subscription has brought, from 1 (RFC 5263
// section 4.4).
void write_full(const Document& document, std::uint32_t version, std::string& out);
void write_diff(const std::vector<Change>& changes, std::string_view entity, std::uint32_t version,
                std::string& out);

// The text of a document that follows another, but for its version, which each subscription counts
// for itself: one text serves all who have the same.
class UpdateText {
 public:
  // What makes `now` of `before`; null: nothing has come yet. It is the full document where that
  // is shorter, or where a Reader with these limits would refuse the changes; nothing if it would
  // refuse the full document too.
  static std::optional<UpdateText> make(const Document* before, const Document& now,
                                        const Limits& limits);

  void append_to(std::string& out, std::uint32_t version) const;

 private:
  std::string text_;
  std::size_t version_at_ = 0;
};

// No chunk of a users list is longer, unless by one user alone.
inline constexpr std::size_t kChunkBytesMax = std::size_t{256} * 1024;

// A partial document that brings the users of `list` from that index on, as many as go into
// `bytes_max`, but at least one. The first, from 0, begins by setting the list anew: no users, and
// how many there will be. It wants the list, if only as a number, to be in the copy. Returns the
// index at which the next chunk begins; the list is through if that is its size.
std::size_t write_users(const UsersList& list, std::size_t from, std::string_view entity,
                        std::uint32_t version, std::string& out,
                        std::size_t bytes_max = kChunkBytesMax);

// The id of an endpoint's tuple: its kind and its server's id, by the way of pidf::to_id.
std::string tuple_id(std::string_view svr_id, ServerEndpoint::Kind kind);

// "sip", "xmpp", "wss": also the schemes of their contacts.
std::string_view to_string(ServerEndpoint::Kind kind);
// "XMPP", "SIP", "XMPP SIP".
std::string_view to_string(PresType type);

}  // namespace muster::cluster
