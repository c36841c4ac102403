#include "machine/presence_db/world.h"

#include <stdexcept>
#include <utility>

#include "base/overloaded.h"
#include "codec/address/jid.h"

namespace muster::testing {
namespace {

constexpr std::string_view kDomain = "@example.com";

std::string without_domain(std::string text) {
  for (auto at = text.find(kDomain); at != std::string::npos; at = text.find(kDomain))
    text.erase(at, kDomain.size());
  return text;
}

std::string name_of(const Relation& relation) {
  static constexpr std::string_view kNames[] = {
      "none", "none+out", "none+in", "none+out+in", "to", "to+in", "from", "from+out", "both"};
  std::string text(kNames[static_cast<int>(relation.subscription)]);
  if (relation.approved) text += " approved";
  return relation.listed ? text : "(" + text + ")";
}

std::string_view name_of(WatchState state) {
  static constexpr std::string_view kNames[] = {"active",       "pending",  "rejected",
                                                "no_such_user", "too_many", "store_failed"};
  return kNames[static_cast<int>(state)];
}
std::string_view name_of(UserReady::Outcome outcome) {
  static constexpr std::string_view kNames[] = {"loaded", "no_such_account", "store_failed"};
  return kNames[static_cast<int>(outcome)];
}
std::string_view name_of(PublishAnswered::Outcome outcome) {
  static constexpr std::string_view kNames[] = {"stored",   "removed",         "precondition",
                                                "too_many", "no_such_account", "store_failed"};
  return kNames[static_cast<int>(outcome)];
}
std::string_view name_of(AdminReply::Outcome outcome) {
  static constexpr std::string_view kNames[] = {"done", "no_such_account", "no_such_watcher",
                                                "store_failed"};
  return kNames[static_cast<int>(outcome)];
}

std::string text_of(const WatchId& watch) {
  return std::to_string(watch.slot.slot);
}

std::string text_of(const PresenceSource& source) {
  return std::visit(
      Overloaded{[](const XmppSource& s) { return (s.available ? "" : "-") + s.resource; },
                 [](const PublicationSource& s) { return "publication " + *s.document; },
                 [](const RegistrationSource& s) { return "phone " + s.registration.name; }},
      source);
}

// "[home, publication desk]"
std::string text_of(const std::vector<PresenceSource>& sources) {
  std::string text = "[";
  for (const PresenceSource& source : sources)
    text += (text.size() > 1 ? ", " : "") + text_of(source);
  return text + "]";
}

// What is heard of an event, line by line.
struct Teller {
  Lines lines;

  void line(std::string text) { lines.push_back(without_domain(std::move(text))); }

  void on(const UserReady& e) {
    line("ready " + e.account.text() + ": " + std::string(name_of(e.outcome)));
  }
  void on(const PresenceBroadcast& e) {
    for (const Address& to : e.to)
      line("to " + to.text() + ": " + *e.before + to.text() + *e.after);
  }
  void on(const StanzaForUser& e) { line("directed " + e.xml); }
  void on(const PresenceReply& e) {
    for (const PresenceReply::Stanza& stanza : e.stanzas)
      line("to " + e.to.text() + ": " + *stanza.before + e.to.text() + *stanza.after);
  }
  void on(const RosterAnswered& e) {
    if (!e.roster) return line("roster: failed");
    std::string text = "roster " + std::to_string(e.roster->version) + ":";
    if (e.roster->unchanged) text += " unchanged";
    for (const RosterItem& item : e.roster->items)
      text += " " + item.contact.text() + " " + name_of(item.relation);
    line(std::move(text));
  }
  void on(const RosterItemAnswered& e) {
    line("item: " + std::string(e.why_not ? name_of(*e.why_not) : "done"));
  }
  void on(const RosterPush& e) {
    line("push " + e.account.text() + " " + std::to_string(e.version) + ": " +
         e.item.contact.text() + " " + (e.removed ? "removed" : name_of(e.item.relation)) +
         (e.item.name.empty() ? "" : " '" + e.item.name + "'"));
  }
  void on(const SubscriptionRefused& e) {
    line("refused " + e.peer.text() + ": " + std::string(name_of(e.why)));
  }
  void on(const SubscriptionSettled&) { line("settled"); }
  void on(const SubscriptionShown& e) { line("show " + e.to.text() + ": " + e.stanza); }
  void on(const PublishAnswered& e) { line("publish: " + std::string(name_of(e.outcome))); }
  void on(const WatchDecided& e) {
    line("watch " + text_of(e.watch) + " " + std::string(name_of(e.state)) +
         (e.document ? ": " + *e.document : ""));
  }
  void on(const WatchesNotified& e) {
    std::string text = "notify";
    for (const WatchId& watch : e.watches)
      text += " " + text_of(watch);
    line(text + ": " + *e.document);
  }
  void on(const AccountGone& e) { line((e.removed ? "gone " : "log out ") + e.account.text()); }
  void on(const AccountKept& e) { line("kept " + e.account.text()); }
  void on(const RequestWeighed& e) { line(e.may_see ? "may see" : "may not see"); }
  // To load control.
  void on(const ResidentChanged& e) {
    line("cluster: resident " + e.account.text() + (e.xmpp ? " xmpp" : "") + (e.sip ? " sip" : "") +
         " " + std::to_string(e.contacts));
  }
  void on(const PresenceHere& e) {
    line("cluster: here " + e.account.text() + " " + text_of(e.sources) +
         (e.to == 0 ? "" : " for " + std::to_string(e.to)));
  }
  void on(const ContactsWanted& e) {
    std::string text = "cluster: contacts";
    for (const Address& contact : e.wanted)
      text += " +" + contact.text();
    for (const Address& contact : e.unwanted)
      text += " -" + contact.text();
    line(std::move(text));
  }
  void on(const PresenceWanted& e) {
    line("cluster: ask " + std::string(e.again ? "again " : "") + e.account.text());
  }
  void on(const UserHasLeft& e) { line("has left " + e.account.text()); }
  void on(const PresenceUnwanted& e) { line("cluster: do not ask " + e.account.text()); }
  void on(const RelationToTell& e) {
    line("cluster: relation " + e.change.user.text() + " " + e.change.contact.text() + " " +
         name_of(e.change.change.after.relation));
  }
  template <class E>
  void on(const E&) {
    line("an event that presence_db has no business with");
  }
};

DocumentComposed compose(const DocumentWanted& wanted) {
  return {wanted.account, wanted.version, share(text_of(wanted.sources))};
}

TuplesConverted convert(const TuplesToConvert& to) {
  if (std::holds_alternative<NoSource>(to.source)) return {to.account, to.number, {}};
  const std::string name =
      std::visit(Overloaded{[](const NoSource&) { return std::string(); },
                            [](const PublicationSource& s) { return *s.document; },
                            [](const RegistrationSource& s) { return s.registration.name; }},
                 to.source);
  const std::string resource = name.substr(0, name.find(':'));
  return {to.account, to.number, {{resource, true, 0, share("'>" + name + "</presence>")}}};
}

}  // namespace

// --- the world -----------------------------------------------------------------------------------

PresenceDbWorld::Place::Place(ShardId self, const Settings& settings)
    : shard{self, kShards, settings, Prng(Prng::seed_of(self.number() + 1))},
      out(self),
      db(std::make_unique<PresenceDb>(shard)) {}

PresenceDbWorld::PresenceDbWorld()
    : places_{Place(ShardId(0), settings), Place(ShardId(1), settings)} {
  settings.domains = {"example.com"};
}

Address PresenceDbWorld::user(std::string_view name) {
  const std::string_view local = name.substr(0, name.find('/'));
  const std::string_view rest = name.substr(local.size());
  const auto parsed = parse_jid(std::string(local) + std::string(kDomain) + std::string(rest));
  if (!parsed) throw std::invalid_argument(std::string(name));
  return *parsed;
}

void PresenceDbWorld::accounts(std::initializer_list<std::string_view> names,
                               WatcherPolicy policy) {
  for (const std::string_view name : names)
    store.carry_out(LoadUser{user(name), true, {}, policy});
}

PresenceDbWorld::Place& PresenceDbWorld::home(std::string_view name) {
  return places_[home_shard(user(name).bare(), kShards).number()];
}

// Each shard works until it has nothing to say; then the store and the other shard get theirs.
void PresenceDbWorld::settle() {
  while (true) {
    bool busy = false;
    for (Place& place : places_)
      busy = take_from(place) || busy;
    if (!asked_.empty() && !store_held_) {
      answer_one();
    } else if (!hints_.empty() && !hints_held_) {
      const Hint hint = std::move(hints_.front());
      hints_.pop_front();
      deliver(hint);
    } else if (!busy) {
      return;
    }
  }
}

bool PresenceDbWorld::take_from(Place& place) {
  bool busy = false;
  while (place.out.has_event()) {
    carry(place, place.out.take_event());
    busy = true;
  }
  for (const Order& order : std::exchange(place.out.orders(), {})) {
    obey(place, order);
    busy = true;
  }
  return busy;
}

void PresenceDbWorld::carry(Place& place, const Event& event) {
  std::visit(Overloaded{[&](const DocumentWanted& e) { place.db->on(now, compose(e), place.out); },
                        [&](const TuplesToConvert& e) { place.db->on(now, convert(e), place.out); },
                        [&](const RelationChanged& e) { place.db->on(now, e, place.out); },
                        [&](const ContactsProbed& e) { place.db->on(now, e, place.out); },
                        [&](const PublishAnswered& e) {
                          if (!e.etag.empty()) etag = e.etag;
                          heard_.push_back("publish: " + std::string(name_of(e.outcome)));
                        },
                        [&](const auto& e) {
                          Teller teller;
                          teller.on(e);
                          heard_.insert(heard_.end(), teller.lines.begin(), teller.lines.end());
                        }},
             event);
}

void PresenceDbWorld::obey(Place& place, const Order& order) {
  std::visit(Overloaded{[&](const AskStore& o) {
                          requests.push_back(o.request);
                          asked_.push_back({place.shard.self, o});
                        },
                        [&](const ToShard& o) {
                          hints_.push_back({o.to, o.event});
                        },
                        [&](const AnswerAdmin& o) {
                          std::string text = "admin: " + std::string(name_of(o.reply.outcome));
                          for (const Contact& watcher : o.reply.watchers)
                            text += " " + watcher.address.text() + " " + name_of(watcher.relation);
                          heard_.push_back(without_domain(std::move(text)));
                        },
                        [&](const Log& o) { heard_.push_back("log " + std::string(o.what)); },
                        [&](const auto&) { heard_.emplace_back("an order of another module"); }},
             order);
}

void PresenceDbWorld::deliver(const Hint& hint) {
  carry(places_[hint.to.number()], hint.event);
}

void PresenceDbWorld::answer_one() {
  const Asked next = std::move(asked_.front());
  asked_.pop_front();
  StoreReply reply = store_broken_ ? StoreReply(StoreFailed{}) : store.carry_out(next.ask.request);
  Place& place = places_[next.shard.number()];
  place.db->on(now, StoreAnswered{next.ask.ticket, std::move(reply)}, place.out);
  settle();
}

void PresenceDbWorld::delay_answer() {
  const Asked next = std::move(asked_.front());
  asked_.pop_front();
  late_.emplace(next.shard, StoreAnswered{next.ask.ticket, store.carry_out(next.ask.request)});
}

void PresenceDbWorld::deliver_answer() {
  Place& place = places_[late_->first.number()];
  place.db->on(now, late_->second, place.out);
  late_.reset();
  settle();
}

void PresenceDbWorld::release_store() {
  store_held_ = false;
  settle();
}

void PresenceDbWorld::release_hints(bool last_first) {
  hints_held_ = false;
  if (last_first) hints_ = {hints_.rbegin(), hints_.rend()};
  settle();
}

void PresenceDbWorld::start() {
  for (Place& place : places_)
    place.db->on(now, Started{}, place.out);
  settle();
}

void PresenceDbWorld::pass(Duration duration) {
  const Instant end = now.instant + duration;
  const auto move_to = [&](Instant moment) {
    now.unix_time = now.unix_time + (moment - now.instant);
    now.instant = moment;
  };
  while (true) {
    Place* first = nullptr;
    for (Place& place : places_) {
      const auto next = place.db->next_deadline();
      if (next && *next <= end && (!first || *next < *first->db->next_deadline())) first = &place;
    }
    if (first == nullptr) break;
    move_to(std::max(now.instant, *first->db->next_deadline()));
    first->db->wake(now, first->out);
    settle();
  }
  move_to(end);
}

std::size_t PresenceDbWorld::held_users() const {
  std::size_t users = 0;
  for (const Place& place : places_)
    users += place.db->users();
  return users;
}

// --- events --------------------------------------------------------------------------------------

void PresenceDbWorld::come(std::string_view full) {
  on(full, UserWanted{user(full).to_bare()});
  show(full, "'/>", true);
}

void PresenceDbWorld::show(std::string_view full, std::string_view after, bool initial) {
  on(full, ResourceChanged{user(full), true, initial, 0,
                           share("<presence from='" + std::string(full) + "' to='"),
                           share(std::string(after))});
}

void PresenceDbWorld::leave(std::string_view full) {
  on(full, ResourceChanged{user(full), false, false, 0,
                           share("<presence from='" + std::string(full) + "' to='"),
                           share("' type='unavailable'/>")});
}

void PresenceDbWorld::send(std::string_view actor, SubscriptionVerb verb, std::string_view peer) {
  const std::string stanza = std::string(muster::name_of(verb)) + " of " + std::string(actor);
  on(actor, SubscriptionAsked{{}, user(actor), user(peer), verb, {}, stanza});
}

void PresenceDbWorld::befriend(std::string_view watcher, std::string_view presentity) {
  send(watcher, SubscriptionVerb::subscribe, presentity);
  send(presentity, SubscriptionVerb::subscribed, watcher);
  heard();
}

WatchId PresenceDbWorld::watch_id(std::uint32_t number, std::string_view watcher) {
  return {home_shard(user(watcher).bare(), kShards), {number, 1}};
}

void PresenceDbWorld::watch(std::uint32_t number, std::string_view watcher,
                            std::string_view presentity, bool fetch) {
  on(presentity, WatchAsked{watch_id(number, watcher), user(watcher), user(presentity), fetch});
}

void PresenceDbWorld::publish(std::string_view name, std::string_view document,
                              std::string_view if_match, Duration expires) {
  on(name, PublishAsked{{next_request_++, 1},
                        user(name),
                        std::string(if_match),
                        false,
                        expires,
                        std::string(document)});
}

void PresenceDbWorld::unpublish(std::string_view name, std::string_view if_match) {
  on(name, PublishAsked{{next_request_++, 1}, user(name), std::string(if_match), true, {}, {}});
}

void PresenceDbWorld::phones(std::string_view name,
                             std::initializer_list<std::string_view> phones) {
  RegistrationsChanged changed{user(name), {}};
  for (const std::string_view phone : phones)
    changed.registrations.push_back({std::string(phone), "sip:" + std::string(phone), 1000});
  on(name, changed);
}

void PresenceDbWorld::elsewhere(std::string_view name, std::vector<PresenceSource> sources) {
  on(name, PresenceElsewhere{user(name), std::move(sources)});
}

void PresenceDbWorld::administer(AdminRequest request) {
  const Address account = *home_account_of(request);
  on(account.local(), AdminAsked{Ticket(next_ticket_++), std::move(request)});
}

}  // namespace muster::testing
