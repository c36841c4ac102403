// What each task means, in the tables of a database: the rules of server/store_port.h and
// store_backend.h, by the functions of model/pair.h. A task reads, then decides, and only then
// writes: one that is refused has written nothing. The caller brackets it with a transaction, and
// asks the database afterwards whether all went well.
//
// Where the transaction may write, the accounts that a task finds are locked (row_lock() in sql.h),
// and nobody reads or changes what hangs on an account before it has that lock.
#pragma once

#include "shell/store/sql_tables.h"

namespace muster::sql {

class Requests {
 public:
  explicit Requests(Database& database);

  // True if this task cannot write. LoadUser{create} is said not to either: without `may_write` it
  // leaves an account unmade, and the caller sees by `exists` that it must ask again.
  static bool only_reads(const StoreTask& task);
  StoreResult carry_out(const StoreTask& task, bool may_write);

 private:
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

  AccountReply on(const LoadCredentials& load);
  AccountReply on(const CreateAccount& create);
  AccountReply on(const SetCredentials& set);
  AccountReply on(const ListAccounts& list);
  AccountReply on(const LoadSecret& load);

  std::optional<Account> find(const Address& address);

  // One side of a pair: whose record of whom, as it was read. No account: nothing is kept.
  struct Side {
    std::optional<Account> account;
    Address contact;
    Record record;
  };
  Side side(const std::optional<Account>& account, const Address& contact);
  StoreReply change_both(Side& actor, Side& peer, const PairChange& pair, const std::string& stanza,
                         std::uint32_t records_max);
  RelationChange change_one(Side& side, const Relation& after, const std::string& stanza);

  Accounts accounts_;
  Contacts contacts_;
  Publications publications_;
  bool may_write_ = false;
};

}  // namespace muster::sql
