// The part of Server that carries out what its shards order.

#include <algorithm>
#include <utility>

#include "sim/world/model_store.h"
#include "sim/world/model_verifier.h"
#include "sim/world/server.h"

namespace muster::sim {

void Server::carry_out(ShardId self, Order&& order) {
  if (life_over_) {
    if (!is_datagram(order)) return;
    has_last_words_ = true;
  }
  if (parts_.watch != nullptr) parts_.watch->ordered(*this, self, order);
  std::visit([&](auto& known) { obey(self, known); }, order);
}

// --- links and datagrams -------------------------------------------------------------------------

void Server::say(ConnectionId to, std::string_view bytes) {
  as_peer_.has(to) ? as_peer_.say(to, bytes) : parts_.network->server_says(to, bytes);
}
void Server::obey(ShardId self, SendBytes& one) {
  if (const auto to = connection_of(self, one.link)) say(*to, one.bytes);
}
void Server::obey(ShardId self, FanOut& many) {
  for (const FanOut::Recipient& recipient : many.recipients) {
    const auto to = connection_of(self, recipient.link);
    if (!to) continue;
    std::string text = *many.before;
    text.append(many.holes, recipient.hole_begin, recipient.hole_bytes).append(*many.after);
    say(*to, text);
  }
}
void Server::obey(ShardId, SendDatagram& one) {
  parts_.network->server_sends(one.local, one.remote, std::move(one.bytes));
}
void Server::obey(ShardId, FanOutDatagrams& many) {
  for (const FanOutDatagrams::Recipient& recipient : many.recipients) {
    std::string text(recipient.head);
    if (many.body) text += *many.body;
    parts_.network->server_sends(recipient.local, recipient.remote, std::move(text));
  }
}
void Server::obey(ShardId self, StartTls& start) {
  if (const auto at = connection_of(self, start.link)) parts_.network->server_starts_tls(*at);
}
void Server::obey(ShardId self, PauseReading& pause) {
  const auto at = connection_of(self, pause.link);
  if (at) as_peer_.has(*at) ? as_peer_.pause(*at) : parts_.network->server_pauses(*at);
}
void Server::obey(ShardId self, ResumeReading& resume) {
  const auto at = connection_of(self, resume.link);
  if (at) as_peer_.has(*at) ? as_peer_.resume(*at) : parts_.network->server_resumes(*at);
}
void Server::obey(ShardId self, CloseLink& close) {
  parts_.verifier->forget(id(), self, close.link);
  const auto at = connection_of(self, close.link);
  if (at) as_peer_.has(*at) ? as_peer_.close(*at) : parts_.network->server_closes(*at);
}
void Server::obey(ShardId self, OpenLink& open) {
  open.use == LinkUse::server ? as_peer_.open(open)
                              : parts_.network->server_opens(*this, self, open);
}

// --- mail ----------------------------------------------------------------------------------------

Instant Server::mail_arrival(ShardId from, ShardId to) {
  Instant& last = shards_[from.number()].last_mail[to.number()];
  last = std::max(last, parts_.timeline->now() + draw(random_, parts_.faults->mailbox));
  return last;
}

void Server::obey(ShardId self, ToShard& to) {
  later(mail_arrival(self, to.to), [this, self, to = to.to, event = std::move(to.event)] {
    feed(to, FromShard{self, event});
  });
}
void Server::obey(ShardId self, HandOver& over) {
  parts_.verifier->forget(id(), self, over.link);
  const auto at = connection_of(self, over.link);
  if (!at) return;
  parts_.network->server_releases(*at);
  later(mail_arrival(self, over.to),
        [this, at = *at, to = over.to, stream = std::move(over.stream)] {
          parts_.network->server_adopts(at, to, stream);
        });
}

// --- questions -----------------------------------------------------------------------------------

void Server::obey(ShardId self, AskStore& ask) {
  parts_.store->ask({id(), self}, std::move(ask.request),
                    [answer = answer_to(self), ticket = ask.ticket](StoreReply reply) {
                      answer(StoreAnswered{ticket, std::move(reply)});
                    });
}
void Server::obey(ShardId self, AskCluster& ask) {
  parts_.cluster_store->ask(
      {id(), self}, std::move(ask.request),
      [answer = answer_to(self), ticket = ask.ticket](cluster::ClusterReply reply) {
        answer(ClusterAnswered{ticket, std::move(reply)});
      });
}
void Server::obey(ShardId self, FenceServer& fence) {
  parts_.store->fence(id(), fence.incarnation,
                      [answer = answer_to(self), incarnation = fence.incarnation](bool fenced) {
                        answer(ServerFenced{incarnation, fenced});
                      });
}
// Whoever there is in this world was there from the beginning.
void Server::obey(ShardId, LaunchServer&) {}

void Server::obey(ShardId, LeaseHeld& held) {
  parts_.store->act_as(id(), held.incarnation);
}
// Not within its own turn.
void Server::obey(ShardId, Fenced&) {
  later(parts_.timeline->now(), [this] { parts_.when_fenced(); });
}
void Server::obey(ShardId self, AskSasl& ask) {
  auto answered = parts_.verifier->ask(id(), self, ask);
  if (!answered) return;
  later(parts_.timeline->now() + draw(random_, parts_.faults->verifier),
        [answer = answer_to(self), fact = std::move(*answered)] { answer(fact); });
}
void Server::obey(ShardId self, AskDigest& ask) {
  later(parts_.timeline->now() + draw(random_, parts_.faults->verifier),
        [answer = answer_to(self), fact = parts_.verifier->ask(now(), ask)] { answer(fact); });
}
void Server::obey(ShardId self, AskRegistration& ask) {
  later(parts_.timeline->now() + draw(random_, parts_.faults->verifier),
        [answer = answer_to(self), fact = parts_.verifier->ask(ask)] { answer(fact); });
}

// --- the rest ------------------------------------------------------------------------------------

void Server::obey(ShardId, Log&) {}
void Server::obey(ShardId, AnswerAdmin& answer) {
  const auto found = admin_.find(answer.ticket);
  if (found == admin_.end()) return;
  const auto tell = std::move(found->second);
  admin_.erase(found);
  tell(answer.reply);
}
void Server::obey(ShardId, Stopped&) {
  ++stopped_shards_;
}

}  // namespace muster::sim
