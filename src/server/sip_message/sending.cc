// What goes out on links, and over which (RFC 3261 section 18).
#include <string>
#include <utility>

#include "base/overloaded.h"
#include "server/proxy_words.h"
#include "server/sip_message/sip_messages.h"

namespace muster {

void SipMessages::send_answer(Now now, const Flow& flow, const sip::Message& request,
                              std::string bytes, Outbox& out) {
  const std::string_view via = request.first_value(sip::HeaderName::via).value_or("");
  if (!is_stream(flow.transport)) {
    const Endpoint target = answer_target(via, flow.remote);
    if (flow.through == 0) return out.order(SendDatagram{flow.local, target, std::move(bytes)});
    Flow theirs = flow;
    theirs.remote = target;
    return send_through(theirs, {}, bytes, out);
  }
  const Endpoint anew = answer_target_anew(via, flow.remote, flow.transport);
  if (flow.through != 0) return send_through(flow, anew, bytes, out);
  SendOnLink send{flow.link, std::move(bytes), shard_.self, SendOnLink::Anew{flow.transport, anew}};
  // At once: a link that is to be closed closes behind it.
  if (flow.shard == shard_.self) return on(now, send, out);
  out.emit(flow.shard, std::move(send));
}

void SipMessages::on(Now now, const SendOnLink& send, Outbox& out) {
  if (links_.find(send.link) != nullptr) {
    out.order(SendBytes{send.link, send.bytes});
    return;
  }
  if (send.anew) send_to_peer(now, {send.anew->transport, send.anew->remote}, send.bytes, out);
  // Another server may have heard of the loss before it came to what is reached by the link.
  if (send.through != 0) {
    tell(send.through, write_proxy(ProxiedFlowLost{shard_.self, send.link}), out);
  } else if (!send.anew) {
    out.emit(send.from, FlowLost{shard_.self, send.link});
  }
}

// On the link of its flow.
void SipMessages::send_call(Now now, SipCallId id, ClientTransaction& transaction, Outbox& out) {
  std::string bytes;
  bytes.reserve(transaction.bytes());
  bytes.append(transaction.head.view());
  if (transaction.body != nullptr) bytes.append(*transaction.body);
  const Flow& flow = transaction.flow;
  if (flow.through != 0) {
    send_through(flow, {}, bytes, out);
  } else if (flow.shard == shard_.self) {
    out.order(SendBytes{flow.link, std::move(bytes)});
  } else {
    out.emit(flow.shard, SendOnLink{flow.link, std::move(bytes), shard_.self, {}});
  }
  calls_.sent_on_link(now, id, transaction);
}

void SipMessages::send_datagram(const ClientTransaction& transaction, Outbox& out) const {
  const Flow& flow = transaction.flow;
  if (flow.through != 0) {
    std::string bytes(transaction.head.view());
    if (transaction.body != nullptr) bytes.append(*transaction.body);
    return send_through(flow, {}, bytes, out);
  }
  FanOutDatagrams datagram{transaction.body, {}};
  datagram.recipients.push_back({flow.local, flow.remote, transaction.head});
  out.order(std::move(datagram));
}

// --- to peers without a link ---------------------------------------------------------------------

void SipMessages::send_to_peer(Now now, const Peer& peer, PeerLinks::Waiting waiting, Outbox& out) {
  using State = PeerLinks::State;
  const State state = peers_.state_of(peer);
  if (state == State::open) return go_by_link(now, peers_.link_to(peer), peer, waiting, out);
  if (state == State::refused || state == State::too_many) {
    if (state == State::too_many) counters_.count(SipDrop::peer_beyond_limit);
    return go_otherwise(now, waiting, out);
  }
  ClientTransaction* call = nullptr;
  if (const SipCallId* id = std::get_if<SipCallId>(&waiting)) call = calls_.find(*id);
  // It may go by UDP, and others wait for this link too long already.
  if (state == State::late && call != nullptr && !is_stream(call->flow.transport)) {
    return go_otherwise(now, waiting, out);
  }
  if (state == State::unknown) {
    out.order(OpenLink{peers_.begin(now, peer), LinkUse::sip, peer.transport, peer.remote});
  }
  if (call != nullptr) calls_.connecting(now, std::get<SipCallId>(waiting), *call);
  peers_.wait(peer, std::move(waiting));
}

void SipMessages::go_by_link(Now now, LinkId link, const Peer& peer,
                             const PeerLinks::Waiting& waiting, Outbox& out) {
  std::visit(Overloaded{
                 [&](SipCallId id) {
                   ClientTransaction* call = calls_.find(id);
                   if (call == nullptr) return;
                   // The top Via says what it leaves over (section 18.1.1).
                   if (!is_stream(call->flow.transport)) {
                     std::string head(call->head.view());
                     head.replace(call->via_at + std::string_view("SIP/2.0/").size(), 3, "TCP");
                     call->head = TextPart(std::move(head));
                   }
                   call->flow.transport = peer.transport;
                   call->flow.through = 0;
                   call->flow.shard = shard_.self;
                   call->flow.link = link;
                   send_call(now, id, *call, out);
                 },
                 [&](const std::string& answer) {
                   out.order(SendBytes{link, answer});
                 },
             },
             waiting);
}

// There is no link: by UDP if it may, else nowhere.
void SipMessages::go_otherwise(Now now, const PeerLinks::Waiting& waiting, Outbox& out) {
  const SipCallId* id = std::get_if<SipCallId>(&waiting);
  if (id == nullptr) return counters_.count(SipDrop::unsendable_answer);
  ClientTransaction* call = calls_.find(*id);
  if (call == nullptr) return;
  if (is_stream(call->flow.transport)) {
    call->state = ClientTransaction::State::connecting;
    return fail_call(*id, 0, out);
  }
  ++counters_.tcp_fallbacks;
  send_datagram(*call, out);
  calls_.sent_over_udp(now, *id, *call);
}

void SipMessages::look_at_peers(Now now, Outbox& out) {
  while (auto late = peers_.take_late(now)) {
    for (PeerLinks::Waiting& waiting : late->waited) {
      const SipCallId* id = std::get_if<SipCallId>(&waiting);
      const ClientTransaction* call = id == nullptr ? nullptr : calls_.find(*id);
      if (call != nullptr && !is_stream(call->flow.transport)) {
        go_otherwise(now, waiting, out);
      } else {
        peers_.wait(late->peer, std::move(waiting));
      }
    }
  }
  peers_.forget_refusals(now);
}

}  // namespace muster
