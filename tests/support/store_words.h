// Requests and replies of the store as words, so that two stores can be compared and a difference
// read.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "server/store_port.h"

namespace muster::testing {

inline std::string words(const Relation& relation) {
  constexpr const char* kStates[] = {"none",  "none+out", "none+in",  "none+out+in", "to",
                                     "to+in", "from",     "from+out", "both"};
  return std::string(kStates[static_cast<int>(relation.subscription)]) +
         (relation.approved ? " approved" : "") + (relation.listed ? " listed" : "");
}

inline std::string words(const RosterItem& item) {
  std::string out = item.contact.text() + " " + words(item.relation) + " '" + item.name + "'";
  for (const std::string& group : item.groups)
    out += " #" + group;
  return out;
}

inline std::string words(UnixTime time) {
  return std::to_string(time.since_epoch().in_microseconds()) + "us";
}

inline std::string words(const StoredPublication& publication) {
  constexpr std::size_t kShown = 60;
  const std::string& document = publication.document;
  return publication.etag + " '" + document.substr(0, kShown) +
         (document.size() > kShown ? "... (" + std::to_string(document.size()) + ")" : "") +
         "' until " + words(publication.expires);
}

inline std::string words(const RelationChange& change) {
  return std::string(change.changed ? "changed" : "same") + " v" + std::to_string(change.version) +
         " (" + words(change.before) + ") -> (" + words(change.after) + ")";
}

inline std::string words(const std::vector<SubscriptionVerb>& verbs) {
  std::string out;
  for (const SubscriptionVerb verb : verbs)
    out += " " + std::string(name_of(verb));
  return out;
}

inline std::string words(StoreFailed::Why why) {
  switch (why) {
    case StoreFailed::Why::busy: return "busy";
    case StoreFailed::Why::full: return "full";
    case StoreFailed::Why::broken: return "broken";
  }
  return "?";
}

inline std::string words(const UserLoaded& loaded) {
  if (!loaded.exists) return "no such user";
  std::string out = "user, policy " + std::to_string(static_cast<int>(loaded.policy));
  for (const Contact& contact : loaded.contacts) {
    out += "; " + contact.address.text() + " " + words(contact.relation) + " v" +
           std::to_string(contact.version);
  }
  for (const StoredPublication& publication : loaded.publications) {
    out += "; publication " + words(publication);
  }
  return out;
}

inline std::string words(const SubscriptionChanged& changed) {
  return "actor " + words(changed.actor) + "; peer " + words(changed.peer) + "; to peer" +
         words(changed.to_peer) + "; to actor" + words(changed.to_actor) +
         (changed.peer_exists ? "" : "; no peer");
}

inline std::string words(const StoreReply& reply) {
  return std::visit(
      Overloaded{
          [](const UserLoaded& r) { return words(r); },
          [](const PublicationsLoaded& r) {
            std::string out = "publishers";
            for (const Address& account : r.accounts)
              out += " " + account.text();
            return out;
          },
          [](const RosterLoaded& r) {
            std::string out = "roster v" + std::to_string(r.version);
            if (r.unchanged) out += " unchanged";
            for (const RosterItem& item : r.items)
              out += "; " + words(item);
            return out;
          },
          [](const RosterItemSet& r) {
            return "item v" + std::to_string(r.version) + " " + words(r.item);
          },
          [](const SubscriptionChanged& r) { return words(r); },
          [](const PendingLoaded& r) {
            std::string out = "pending";
            for (const auto& request : r.requests) {
              out += "; " + request.from.text() + " '" + request.stanza + "'";
            }
            return out;
          },
          [](const PublicationStored& r) { return "stored " + words(r.publication); },
          [](const PublicationRemoved&) { return std::string("publication removed"); },
          [](const PublicationsExpired&) { return std::string("publications expired"); },
          [](const PolicySet&) { return std::string("policy set"); },
          [](const AccountRemoved& r) {
            std::string out = "account removed";
            for (const auto& contact : r.contacts) {
              out += "; " + contact.account.text() + " " + words(contact.change);
            }
            return out;
          },
          [](const StoreRefused& r) {
            return std::string(r.why == StoreRefused::Why::not_found ? "not found" : "too many");
          },
          [](const StoreFailed& r) { return "failed: " + words(r.why); },
      },
      reply);
}

inline std::string words(const StoreRequest& request) {
  return std::visit(
      Overloaded{
          [](const LoadUser& r) {
            return "load " + r.account.text() + (r.create ? " or create" : "") + " at " +
                   words(r.now);
          },
          [](const LoadPublications& r) { return "load publications at " + words(r.now); },
          [](const LoadRoster& r) { return "load roster of " + r.account.text(); },
          [](const SetRosterItem& r) {
            return r.account.text() + " sets item " + r.contact.text() + " of at most " +
                   std::to_string(r.items_max);
          },
          [](const RemoveRosterItem& r) {
            return r.account.text() + " removes item " + r.contact.text();
          },
          [](const ChangeSubscription& r) {
            return r.actor.text() + " " + std::string(name_of(r.verb)) + " " + r.peer.text() +
                   " of at most " + std::to_string(r.records_max);
          },
          [](const AskToWatch& r) {
            return r.watcher.text() + " asks to watch " + r.presentity.text();
          },
          [](const LoadPending& r) { return "load pending of " + r.account.text(); },
          [](const StorePublication& r) {
            return r.account.text() + " publishes " + r.etag + " if " + r.if_match + " at " +
                   words(r.now) + " until " + words(r.expires);
          },
          [](const RemovePublication& r) {
            return r.account.text() + " removes publication " + r.etag + " at " + words(r.now);
          },
          [](const ExpirePublications& r) {
            return r.account.text() + " expires publications at " + words(r.now);
          },
          [](const SetWatcherPolicy& r) {
            return r.account.text() + " sets policy " + std::to_string(static_cast<int>(r.policy));
          },
          [](const RemoveAccount& r) { return "remove account " + r.account.text(); },
      },
      request);
}

}  // namespace muster::testing
