// The model of the durable store: what each request of server/store_port.h means, said as plainly
// as can be, in memory. The simulator keeps its users here; the tests hold the real stores against
// it, reply by reply.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "server/store_port.h"

namespace muster::sim {

class MemoryStore {
 public:
  // Never StoreFailed: this store cannot.
  StoreReply carry_out(const StoreRequest& request);
  // Whether it would change anything, or might: what a server that was fenced may not ask.
  bool writes(const StoreRequest& request) const;

  // What is held, for those who look on. Of an account that is not there: nothing, and `deny`.
  WatcherPolicy policy_of(const Address& account) const;
  Relation relation(const Address& account, const Address& contact) const;
  // The documents of publications that ran out, the last ones.
  std::vector<std::string> expired_of(const Address& account) const;
  std::vector<Address> contacts_of(const Address& account) const;
  std::uint64_t version_of(const Address& account) const;
  const std::vector<StoredPublication>& publications_of(const Address& account) const;

 private:
  static constexpr std::size_t kExpiredKept = 16;
  // What an account holds of one contact.
  struct Record {
    Relation relation;
    std::uint64_t version = 0;
    std::string name;
    std::vector<std::string> groups;
    std::string stanza;  // of the pending request
  };
  struct Account {
    WatcherPolicy policy = WatcherPolicy::ask;
    std::uint64_t version = 0;
    std::map<Address, Record> contacts;
    std::vector<StoredPublication> publications;  // in the order of their making
    std::vector<std::string> expired;             // for those who look on
  };

  StoreReply on(const LoadUser& load);
  StoreReply on(const LoadPublications& load);
  StoreReply on(const LoadRoster& load);
  StoreReply on(const SetRosterItem& set);
  StoreReply on(const RemoveRosterItem& remove);
  StoreReply on(const ChangeSubscription& change);
  StoreReply on(const AskToWatch& ask);
  StoreReply on(const LoadPending& load);
  StoreReply on(const StorePublication& store);
  StoreReply on(const RemovePublication& remove);
  StoreReply on(const ExpirePublications& expire);
  StoreReply on(const SetWatcherPolicy& set);
  StoreReply on(const RemoveAccount& remove);

  Account* find(const Address& account);
  const Account* find(const Address& account) const;
  static Relation relation_of(const Account* account, const Address& contact);
  static void note_expired(Account& account, UnixTime now);
  static std::size_t items_of(const Account& account);
  // What `account` holds of `contact` is `after` from now on.
  static RelationChange put(Account* account, const Address& contact, const Relation& after,
                            const std::string& stanza);
  StoreReply change(Account* actor_account, const Address& actor, Account* peer_account,
                    const Address& peer, const PairChange& pair, const std::string& stanza,
                    std::uint32_t records_max);

  std::map<Address, Account> accounts_;
  // A new account begins at this version, above all that a removed one had.
  std::uint64_t first_version_ = 0;
};

}  // namespace muster::sim
