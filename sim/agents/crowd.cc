#include "sim/agents/crowd.h"

#include <algorithm>
#include <utility>

#include "base/overloaded.h"

namespace muster::sim {

AgentId Crowd::add(std::unique_ptr<Agent> agent) {
  const AgentId id(static_cast<std::uint32_t>(places_.size()));
  const Identity& identity = agent->identity();
  endpoints_[identity.at] = id;
  world_.network().bind(identity.at, *this);
  Place& place = places_.emplace_back();
  place.name = identity.account.text() + "/" + identity.name;
  place.agent = std::move(agent);
  return id;
}

void Crowd::wish(AgentId id, const Wish& wish) {
  step(id, wish);
}

void Crowd::lose(AgentId id) {
  Place& place = places_[id.number()];
  place.lost = true;
  const Endpoint& at = place.agent->identity().at;
  world_.network().unbind(at);
  endpoints_.erase(at);
  if (!place.connection) return;
  world_.network().vanish(*place.connection);
  connections_.erase(*place.connection);
  place.connection.reset();
}

// --- steps ---------------------------------------------------------------------------------------

void Crowd::step(AgentId id, const AgentInput& input) {
  if (lost(id)) return;
  AgentOutbox out;
  places_[id.number()].agent->step({world_.timeline().now(), {}}, input, out);
  for (AgentOrder& order : out)
    obey(id, order);
  set_alarm(id);
}

void Crowd::set_alarm(AgentId id) {
  Place& place = places_[id.number()];
  const auto next = place.agent->next_deadline();
  if (!next) return;
  const Instant when = std::max(*next, world_.timeline().now());
  if (place.alarm && *place.alarm <= when) return;
  place.alarm = when;
  world_.timeline().at(when, [this, id, when] { ring(id, when); });
}

void Crowd::ring(AgentId id, Instant when) {
  Place& place = places_[id.number()];
  if (place.alarm != when) return;
  place.alarm.reset();
  const auto next = place.agent->next_deadline();
  if (next && *next <= when) {
    step(id, Woken{});
  } else {
    set_alarm(id);
  }
}

void Crowd::obey(AgentId id, AgentOrder& order) {
  Place& place = places_[id.number()];
  Network& network = world_.network();
  const auto leave = [&](bool in_order) {
    if (!place.connection) return;
    if (in_order) network.finish(*place.connection);
    if (!in_order) network.vanish(*place.connection);
    connections_.erase(*place.connection);
    place.connection.reset();
  };
  std::visit(Overloaded{
                 [&](const Connect& connect) {
                   leave(false);
                   const Identity& identity = place.agent->identity();
                   Network::Connecting connecting;
                   connecting.from = identity.at;
                   connecting.to = connect.to;
                   connecting.use = connect.use;
                   connecting.transport = connect.transport;
                   place.connection = network.connect(*this, connecting);
                   connections_[*place.connection] = id;
                 },
                 [&](const Say& say) {
                   if (place.connection) network.say(*place.connection, say.bytes);
                 },
                 [&](const SayDatagram& say) {
                   network.send_datagram(place.agent->identity().at, say.to, say.bytes);
                 },
                 [&](const Finish&) { leave(true); },
                 [&](const GiveUp&) { leave(false); },
                 [&](Tell& tell) {
                   note(id, {world_.timeline().now(), id, std::move(tell.what)});
                 },
             },
             order);
}

// --- what comes ----------------------------------------------------------------------------------

std::optional<AgentId> Crowd::agent_of(ConnectionId connection) const {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return std::nullopt;
  return found->second;
}

void Crowd::connected(ConnectionId connection) {
  if (const auto id = agent_of(connection)) step(*id, Connected{});
}
void Crowd::accepted(ConnectionId connection) {
  world_.network().abort(connection);
}
void Crowd::tls_started(ConnectionId connection) {
  if (const auto id = agent_of(connection)) step(*id, Sealed{});
}
void Crowd::heard(ConnectionId connection, std::string_view bytes) {
  const auto id = agent_of(connection);
  if (!id) return;
  world_.history().add(world_.timeline().now(), places_[id->number()].name, "hears", bytes);
  step(*id, Heard{bytes});
}
void Crowd::ended(ConnectionId connection) {
  const auto id = agent_of(connection);
  if (!id) return;
  connections_.erase(connection);
  places_[id->number()].connection.reset();
  step(*id, Ended{});
}
void Crowd::heard_datagram(const Endpoint& at, const Endpoint&, std::string_view bytes) {
  const auto found = endpoints_.find(at);
  if (found == endpoints_.end()) return;
  world_.history().add(world_.timeline().now(), places_[found->second.number()].name, "hears",
                       bytes);
  step(found->second, DatagramHeard{bytes});
}

// --- what is told --------------------------------------------------------------------------------

void Crowd::note(AgentId id, const Happened& fact) {
  const auto say = [&](std::string_view kind, std::string_view text) {
    world_.history().add(fact.at, places_[id.number()].name, kind, text);
  };
  std::visit(Overloaded{
                 [&](const WentOnline& went) { say("is online as", went.as.text()); },
                 [&](const WentOffline&) { say("is offline", {}); },
                 [&](const ShowedItself& showed) { say("shows", to_text(showed.picture)); },
                 [&](const ShowedItselfTo& showed) { say("shows itself to", showed.to.text()); },
                 [&](const ForgotPictures&) { say("forgets what it saw", {}); },
                 [&](const SawPicture& saw) {
                   say("sees", saw.presentity.text() + ": " + to_text(saw.picture));
                 },
                 [&](const AskedFor& asked) { say(name_of(asked.verb), asked.to.text()); },
                 [&](const WasTold& told) { say("is told", told.from.text()); },
                 [&](const WatchStood& stood) { say("watches", stood.to.text()); },
                 [&](const SentMessage& sent) { say("writes to", sent.to.text()); },
                 [&](const HeardMessage& message) { say("reads of", message.from.text()); },
                 [&](const MessageReturned& returned) { say("is returned", returned.text); },
                 [&](const WasPromised& promised) { say("is promised", promised.what); },
                 [&](const LostHold& lost) { say("loses", lost.of); },
                 [&](const WasSentOn& sent) { say("is sent on", std::to_string(sent.step)); },
                 [&](const WasSurprised& surprised) { say("is surprised by", surprised.by); },
             },
             fact.what);
  for (AgentWatch* watch : watches_)
    watch->happened(fact);
}

std::string to_text(const Picture& picture) {
  std::string text = "{";
  for (const auto& [name, shown] : picture) {
    if (text.size() > 1) text += "; ";
    text += name + " '" + shown.show + "' '" + shown.note + "'";
  }
  return text + "}";
}

std::string to_text(const Tie& tie) {
  std::string text;
  if (tie.sees) text += " sees";
  if (tie.asked) text += " asked";
  if (tie.is_seen) text += " is seen";
  return text.empty() ? "nothing" : text.substr(1);
}

}  // namespace muster::sim
