// The XMPP sessions of a shard, and the users they belong to: found by id, by bare address, by full
// address. A session is a bound resource (RFC 6120 section 7); its link is only how it is reached,
// and it can be without one.
//
// Limits are the business of who fills the table (Limits::sessions_per_user_max); sessions and
// users stay where they are in memory as long as they are in it. By its full address one that is
// replaced is not found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/slot_table.h"
#include "base/unordered.h"
#include "model/address.h"
#include "server/vocabulary.h"
#include "server/xmpp_events.h"
#include "server/xmpp_presence/managed_stream.h"

namespace muster {

struct XmppUser;

struct XmppSession {
  SessionId id;
  XmppUser* user = nullptr;
  std::string resource;
  // Where what is sent to it goes; no link: nowhere.
  LinkId link;
  bool available = false;
  // Its client was told to go to another server.
  bool moves = false;
  // And came back, and has its resource by another session. This one is what others see until that
  // one is available.
  bool replaced = false;
  bool interested = false;  // it asked for the roster (RFC 6121 section 2.2)
  std::int8_t priority = 0;
  // The start of its presence, up to the address of who gets it; made when it first sends one.
  SharedText before;
  // Who got its directed presence, and is to hear that it left (RFC 6121 section 4.6.1).
  std::unique_ptr<std::vector<Address>> directed;
  // Of one with stream management.
  std::unique_ptr<ManagedStream> managed;

  Address full() const;
  // It sent directed presence to this session, or to the bare address of this user.
  bool is_shown_to(const Address& who) const;
};

struct XmppUser {
  Address account;
  bool loaded = false;                 // presence_db has her
  bool leaves = false;                 // she was told to go to another server
  std::vector<XmppSession*> sessions;  // in the order of binding; only of a loaded user
  std::vector<BindAsked> waiting;      // until she is loaded

  XmppSession* find(std::string_view resource) const;
};

class XmppSessions {
 public:
  XmppUser* find_user(std::string_view bare) const {
    const auto found = users_.find(bare);
    return found == users_.end() ? nullptr : found->second.get();
  }
  // Makes her if there is none.
  XmppUser& user(const Address& account);
  // She has no sessions, and nobody waits.
  void forget(XmppUser& user);

  XmppSession* find(SessionId id) { return sessions_.find(id); }
  XmppSession* find(const Address& full) const;

  XmppSession& open(XmppUser& user, std::string resource, LinkId link);
  void close(XmppSession& session);

  std::size_t size() const { return sessions_.size(); }

 private:
  struct HashOfText {
    std::size_t operator()(std::string_view text) const { return hash_bytes(text); }
  };

  SlotTable<XmppSession, SessionTag> sessions_;
  // Each key is the text of its own value's `account`.
  UnorderedMap<std::string_view, std::unique_ptr<XmppUser>, HashOfText> users_;
};

}  // namespace muster
