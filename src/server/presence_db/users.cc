// The part of PresenceDb that brings users in and lets them go, and that ties what the store
// answers to what was asked.

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/overloaded.h"
#include "server/presence_db/presence_db.h"

namespace muster {

// --- the store -----------------------------------------------------------------------------------

void PresenceDb::ask_store(const Address& account, Ask ask, StoreRequest request, Outbox& out) {
  const Ticket ticket(next_ticket_++);
  const auto user = users_.find(account);
  if (user != users_.end()) ++user->second->asks;
  // Only who is held now is held by it.
  asks_.emplace(ticket, std::make_pair(user != users_.end() ? account : Address(), std::move(ask)));
  out.order(AskStore{ticket, std::move(request)});
}

void PresenceDb::on(Now now, const StoreAnswered& answer, Outbox& out) {
  const auto asked = asks_.find(answer.ticket);
  MUSTER_CHECK(asked != asks_.end());
  const auto [account, ask] = std::move(asked->second);
  asks_.erase(asked);
  if (const auto user = users_.find(account); user != users_.end()) --user->second->asks;
  std::visit([&](const auto& known) { answered(now, known, answer.reply, out); }, ask);
  forget_if_idle(account, out);
}

void PresenceDb::on(Now now, const Started&, Outbox& out) {
  load_publications(now, out);
}

void PresenceDb::load_publications(Now now, Outbox& out) {
  publications_again_at_.reset();
  ask_store({}, PublicationsAsk{}, LoadPublications{now.unix_time}, out);
}

// Until it has come, each user is still found when somebody asks for her, but contacts who log in
// before that do not see that she is there.
void PresenceDb::answered(Now now, const PublicationsAsk&, const StoreReply& reply, Outbox& out) {
  const auto* publications = std::get_if<PublicationsLoaded>(&reply);
  if (publications == nullptr) {
    out.order(Log{Log::Level::error, "publications-not-loaded", {}, {}});
    publications_again_at_ = now.instant + kStoreAgainAfter;
    deadlines_.add(*publications_again_at_, {});
    return;
  }
  for (const Address& account : publications->accounts) {
    if (shard_.home_of(account) == shard_.self) wanted(now, account, out);
  }
}

// --- coming and going ----------------------------------------------------------------------------

User& PresenceDb::wanted(Now now, const Address& account, Outbox& out) {
  if (const auto held = users_.find(account); held != users_.end()) return *held->second;
  User& user = *users_.emplace(account, std::make_unique<User>()).first->second;
  load(now, account, out);
  return user;
}

void PresenceDb::load(Now now, const Address& account, Outbox& out) {
  const Settings& settings = shard_.settings;
  ask_store(account, LoadAsk{account},
            LoadUser{account, settings.auto_accounts, now.unix_time, settings.default_policy}, out);
}

User* PresenceDb::held(const Address& account) {
  const auto found = users_.find(account);
  return found != users_.end() && found->second->loaded ? found->second.get() : nullptr;
}

void PresenceDb::forget_if_idle(const Address& account, Outbox& out) {
  const auto found = users_.find(account);
  if (found == users_.end()) return;
  release_presence(account, *found->second, out);
  if (found->second->idle()) users_.erase(found);
}

void PresenceDb::tell_residence(const Address& account, User& user, Outbox& out) {
  if (!shard_.settings.cluster) return;
  User::Residence now;
  now.xmpp = user.wanted_by_sessions;
  now.sip = !user.publications.empty() || !user.registrations.empty();
  if (now.xmpp || now.sip) {
    now.contacts = static_cast<std::uint32_t>(
        std::count_if(user.contacts.begin(), user.contacts.end(),
                      [](const Contact& contact) { return sees(contact.relation.subscription); }));
  }
  want_contacts(user, out);
  if (std::exchange(user.told, now) == now) return;
  out.emit(ResidentChanged{account, now.xmpp, now.sip, now.contacts});
}

void PresenceDb::on(Now now, const UserWanted& want, Outbox& out) {
  User& user = served_here(now, want.account, out);
  user.wanted_by_sessions = true;
  if (!user.loaded) return;
  out.emit(UserReady{want.account, UserReady::Outcome::loaded});
  tell_residence(want.account, user, out);
}

void PresenceDb::on(Now, const UserUnwanted& unwanted, Outbox& out) {
  const auto found = users_.find(unwanted.account);
  if (found == users_.end()) return;
  found->second->wanted_by_sessions = false;
  tell_residence(unwanted.account, *found->second, out);
  forget_if_idle(unwanted.account, out);
}

void PresenceDb::answered(Now now, const LoadAsk& ask, const StoreReply& reply, Outbox& out) {
  const auto* found = std::get_if<UserLoaded>(&reply);
  User* user = held(ask.account);
  if (found == nullptr && user != nullptr) {
    look_again(now, ask.account);
  } else if (user != nullptr && !found->exists) {
    // Who removed her account says so; nothing else is to come.
    if (std::exchange(user->published_awaited, false)) go_on_waiting(now, *user, out);
  } else if (found == nullptr || !found->exists) {
    not_loaded(now, ask.account, found == nullptr, out);
  } else {
    loaded(now, ask.account, reply, out);
  }
}

void PresenceDb::loaded(Now now, const Address& account, const StoreReply& reply, Outbox& out) {
  const UserLoaded& stored = std::get<UserLoaded>(reply);
  User& user = *users_.find(account)->second;
  const bool shows_published = user.here || !shard_.settings.cluster;
  if (std::exchange(user.loaded, true)) {
    compare(account, user, stored, out);
    if (shows_published) show_published(now, account, user, stored, out);
    if (std::exchange(user.published_awaited, false)) go_on_waiting(now, user, out);
    return;
  }
  user.policy = stored.policy;
  user.contacts = stored.contacts;
  user.versions = KnownVersions(stored.version);
  std::sort(user.contacts.begin(), user.contacts.end(),
            [](const Contact& a, const Contact& b) { return a.address < b.address; });
  if (shows_published) show_published(now, account, user, stored, out);
  if (user.wanted_by_sessions) out.emit(UserReady{account, UserReady::Outcome::loaded});
  tell_residence(account, user, out);
  go_on_waiting(now, user, out);
}

// Who waits for more still waits again.
void PresenceDb::go_on_waiting(Now now, User& user, Outbox& out) {
  for (const WaitingForUser& waiting : std::exchange(user.waiting, {}))
    std::visit([&](const auto& event) { on(now, event, out); }, waiting);
}

void PresenceDb::show_published(Now now, const Address& account, User& user,
                                const UserLoaded& stored, Outbox& out) {
  for (const StoredPublication& publication : stored.publications)
    keep_publication(now, account, user, publication, publication.etag, out);
}

void PresenceDb::not_loaded(Now now, const Address& account, bool failed, Outbox& out) {
  const std::unique_ptr<User> user = std::move(users_.find(account)->second);
  users_.erase(account);
  if (user->wanted_by_sessions) {
    out.emit(UserReady{
        account, failed ? UserReady::Outcome::store_failed : UserReady::Outcome::no_such_account});
  }
  for (const WaitingForUser& waiting : user->waiting)
    refuse(now, waiting, failed, out);
  if (user->presence_asked) out.emit(PresenceUnwanted{account});
}

void PresenceDb::refuse(Now now, const WaitingForUser& waiting, bool failed, Outbox& out) {
  std::visit(
      Overloaded{
          [&](const WatchAsked& asked) {
            const WatchState state = failed ? WatchState::store_failed : WatchState::no_such_user;
            out.emit(asked.watch.shard, WatchDecided{asked.watch, state, nullptr});
          },
          [&](const PublishAsked& asked) {
            out.emit(PublishAnswered{asked.request,
                                     failed ? PublishAnswered::Outcome::store_failed
                                            : PublishAnswered::Outcome::no_such_account,
                                     {},
                                     {}});
          },
          [&](const ProbeAsked& asked) {
            if (!failed) answer_probe(asked, User{}, out);
          },
          [&](const AdminAsked& asked) {
            out.order(AnswerAdmin{
                asked.ticket,
                {failed ? AdminReply::Outcome::store_failed : AdminReply::Outcome::no_such_account,
                 {}}});
          },
          [&](const DropAccount& gone) {
            if (failed) return out.emit(AccountKept{gone.account});
            out.emit(AccountGone{gone.account, true});
          },
          [&](const PresenceElsewhere& presence) {
            if (failed) look_again(now, presence.account);
          },
          // Nobody waits for an answer to these; a registration is repeated by its phone.
          [](const RegistrationsChanged&) {},
          [](const RelationChanged&) {},
          [](const RecordsDoubted&) {},
      },
      waiting);
}

}  // namespace muster
