// Requests of users whom another server serves, and who do not go there: the last rung of the
// ladder (design, "The redirect ladder"). This server, where they land, proves who sends, passes
// the request on, and forgets it: it keeps no transaction, so what is sent again is passed on again
// (RFC 3261 section 16.11, without a Via of its own: what the owner sends leaves here as if it were
// this server's). At the owner such a request has a flow `through` the proxy, and is like any
// other.
#include <memory>
#include <string>
#include <utility>

#include "base/overloaded.h"
#include "codec/address/domain.h"
#include "codec/sip/peek.h"
#include "codec/sip/uri.h"
#include "server/own_name.h"
#include "server/planted.h"
#include "server/proxy_words.h"
#include "server/sip_message/sip_messages.h"
#include "server/sip_names.h"

namespace muster {
namespace {

// Where the branch of the top Via stands in `bytes`, behind its cookie.
std::optional<std::size_t> branch_at(std::string_view bytes) {
  const std::string_view branch = own_branch_of(bytes);
  if (branch.empty()) return std::nullopt;
  return static_cast<std::size_t>(branch.data() - bytes.data());
}

// With the empty line behind it.
std::size_t head_bytes_of(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  return end == std::string_view::npos ? bytes.size() : end + 4;
}

}  // namespace

void SipMessages::tell(std::uint64_t server, std::string said, Outbox& out) const {
  out.emit(ShardId(), ToRelay{shard_.self, server, std::move(said)});
}

// --- at the proxy --------------------------------------------------------------------------------

// To her server, which does not know this server's own name as the domain's, and is not shown what
// proves who she is.
void SipMessages::proxy(Now now, SipRequestId id, const ServerTransaction::Request& request,
                        const ServerContacts& owner, Outbox& out) {
  const Flow& flow = request.flow;
  const sip::Uri& target = request.read.essentials.target;
  const std::string_view whole = request.read.message.bytes();
  std::string bytes(whole);
  for (const auto name : {sip::HeaderName::authorization, sip::HeaderName::proxy_authorization}) {
    for (const std::string_view proof : request.read.message.rows(name)) {
      const auto at = static_cast<std::size_t>(proof.data() - whole.data());
      bytes.replace(at, proof.size(), proof.size(), 'x');
    }
  }
  if (is_own_name(target.host, shard_.settings)) {
    const auto at = static_cast<std::size_t>(target.host.text.data() - whole.data());
    std::string domain;
    append_ascii_domain(domain, shard_.settings.domains.front());
    bytes.replace(at, target.host.text.size(), domain);
  }
  if (!proxied_requests_.take(now.instant, bytes.size())) {
    return end_unproved(now, id, refusal_for_now(), out);
  }
  out.order(Log{Log::Level::debug, "sip-proxied", request.sender.text(), owner.svr_id});
  tell(owner.server, write_proxy(ProxiedRequest{flow, request.sender, bytes}), out);
  // If the link is lost, the owner hears of it behind the request.
  if (is_stream(flow.transport)) {
    const LinkProxied proxied{flow.link, owner.server};
    flow.shard == shard_.self ? on(now, proxied, out) : out.emit(flow.shard, proxied);
  }
  requests_.forget(id);
}

void SipMessages::on(Now now, const LinkProxied& proxied, Outbox& out) {
  if (links_.find(proxied.link) != nullptr) {
    proxied_links_[{proxied.link, proxied.server}] = now.instant;
  } else {
    tell(proxied.server, write_proxy(ProxiedFlowLost{shard_.self, proxied.link}), out);
  }
}

// Whoever serves somebody through this link.
void SipMessages::tell_lost_to_owners(LinkId link, Outbox& out) {
  auto next = proxied_links_.lower_bound({link, 0});
  while (next != proxied_links_.end() && next->first.first == link) {
    tell(next->first.second, write_proxy(ProxiedFlowLost{shard_.self, link}), out);
    next = proxied_links_.erase(next);
  }
}

// A phone whose last request went there is served by nobody: it is to come again. Others of its
// link, if there are any, do so too.
void SipMessages::on(Now, const ServerGone& gone, Outbox& out) {
  std::map<LinkId, std::pair<Instant, std::uint64_t>> last;
  for (const auto& [used, when] : proxied_links_) {
    const auto [link, server] = used;
    last[link] = std::max(last[link], {when, server});
  }
  std::erase_if(proxied_links_, [&](const auto& one) { return one.first.second == gone.server; });
  std::erase_if(lost_untold_, [&](const auto& one) { return one.first == gone.server; });
  for (const auto& [link, used] : last)
    if (used.second == gone.server) close(link, SipDrop::link_to_nobody, out);
}

// A message of the owner's. The answer to its request comes here, and finds the owner by its
// branch.
void SipMessages::send_for(Now now, std::uint64_t owner, const ProxiedMessage& message,
                           Outbox& out) {
  const Flow& flow = message.flow;
  std::string bytes(message.bytes);
  if (!sip::is_response(bytes)) {
    const auto branch = branch_at(bytes);
    if (!branch) return;
    bytes.insert(*branch, proxied_mark(owner));
  }
  if (!is_stream(flow.transport)) {
    out.order(SendDatagram{flow.local, flow.remote, std::move(bytes)});
    return;
  }
  SendOnLink send{flow.link, std::move(bytes), shard_.self, {}, owner};
  if (message.anew) send.anew = SendOnLink::Anew{flow.transport, *message.anew};
  on(now, send, out);
}

// Nobody has proved anything of who sends it: so there is a bound. Its body is of no use to the
// owner.
void SipMessages::pass_on_response(Now now, std::uint64_t owner, std::string_view bytes,
                                   Outbox& out) {
  std::string theirs(bytes.substr(0, head_bytes_of(bytes)));
  theirs.erase(*branch_at(theirs), kProxiedMarkBytes);
  const auto name = read_sip_name(own_branch_of(theirs));
  if (!name || !shard_.settings.cluster) return counters_.count(SipDrop::stray_response);
  if (shard_.planted == Planted::proxied_answer_unheard) return;
  if (theirs.size() > kProxiedResponseBytesMax ||
      !proxied_responses_.take(now.instant, theirs.size())) {
    return counters_.count(SipDrop::proxied_beyond_limit);
  }
  tell(owner, write_proxy(ProxiedResponse{name->shard, theirs}), out);
}

// --- at the owner --------------------------------------------------------------------------------

void SipMessages::on(Now now, const FromRelay& from, Outbox& out) {
  const std::optional<ProxySaid> said = read_proxy(from.said);
  if (!said) return;
  if (from.why != FromRelay::Why::came) return came_back(now, from.by, *said, out);
  std::visit(Overloaded{
                 [&](const ProxiedRequest& one) { take_proxied(now, from.by, one, out); },
                 [&](const ProxiedResponse& one) { route_response(now, {}, one.bytes, out); },
                 [&](const ProxiedFlowLost& one) {
                   const FlowLost lost{one.shard, one.link, from.by};
                   for (std::uint8_t shard = 0; shard < shard_.shards; ++shard)
                     out.emit(ShardId(shard), lost);
                 },
                 [&](const ProxiedMessage& one) { send_for(now, from.by, one, out); },
             },
             *said);
}

// Who sends it has proved it to the proxy, which has refused what is to be refused.
void SipMessages::take_proxied(Now now, std::uint64_t proxy, const ProxiedRequest& proxied,
                               Outbox& out) {
  Flow flow = proxied.flow;
  flow.through = proxy;
  auto request = std::make_unique<ServerTransaction::Request>(proxied.bytes, flow);
  sip::ReadRequest& read = request->read;
  const auto unreadable = sip::parse_message(read.bytes, read.message);
  if (unreadable || read.message.is_response() ||
      sip::check_request(read.message, read.essentials) ||
      !is_placed_by_sender(read.message.method())) {
    return counters_.count(SipDrop::unanswerable);
  }
  ++counters_.requests;
  const auto keys = keys_of_new(now, *request, out);
  if (!keys) return;
  if (!shard_.settings.serves(proxied.sender.domain())) {
    return refuse(now, flow, read.message, {sip::Status::forbidden}, out);
  }
  const auto id = open(now, std::move(request), *keys, out);
  if (!id) return;
  ServerTransaction& transaction = *requests_.find(*id);
  transaction.request->sender = proxied.sender;
  place(now, *id, transaction, out);
}

void SipMessages::send_through(const Flow& flow, const std::optional<Endpoint>& anew,
                               std::string_view bytes, Outbox& out) const {
  Flow own = flow;
  own.through = 0;
  tell(flow.through, write_proxy(ProxiedMessage{own, anew, bytes}), out);
}

// --- what could not be told ----------------------------------------------------------------------

// A request of a phone is to come again later, one of ours has failed for now. Of a lost link the
// owner is told again until it hears, or is gone.
void SipMessages::came_back(Now now, std::uint64_t server, const ProxySaid& said, Outbox& out) {
  if (const auto* request = std::get_if<ProxiedRequest>(&said)) {
    const auto message = sip::parse_message(request->bytes);
    if (message) refuse(now, request->flow, *message, refusal_for_now(), out);
  } else if (const auto* message = std::get_if<ProxiedMessage>(&said)) {
    const std::string_view branch = own_branch_of(message->bytes);
    const auto name = read_sip_name(branch);
    if (name && !sip::is_response(message->bytes)) not_sent(*name, branch, out);
  } else if (const auto* lost = std::get_if<ProxiedFlowLost>(&said)) {
    lost_untold_.emplace_back(server, lost->link);
    if (lost_untold_.size() > kLostUntoldMax) lost_untold_.pop_front();
    if (!lost_again_at_) lost_again_at_ = now.instant + kLostAgainAfter;
  }
}

void SipMessages::tell_losses_again(Now now, Outbox& out) {
  if (!lost_again_at_ || *lost_again_at_ > now.instant) return;
  lost_again_at_.reset();
  for (const auto& [server, link] : std::exchange(lost_untold_, {}))
    tell(server, write_proxy(ProxiedFlowLost{shard_.self, link}), out);
}

}  // namespace muster
