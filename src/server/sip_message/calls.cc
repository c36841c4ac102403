// Requests of ours: how they are written and sent, and what becomes of them.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/check.h"
#include "codec/address/ip.h"
#include "codec/sip/values.h"
#include "codec/sip/via.h"
#include "server/planted.h"
#include "server/sip_message/sip_messages.h"
#include "server/sip_names.h"

namespace muster {
namespace {

std::uint32_t to_u32(std::size_t bytes) {
  MUSTER_CHECK(bytes <= std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(bytes);
}

// The rows behind the asker's own, and the empty line.
std::string content_rows_of(const SipRequestsReady& ready) {
  if (ready.body == nullptr) return "Content-Length: 0\r\n\r\n";
  return "Content-Type: " + ready.content_type +
         "\r\nContent-Length: " + std::to_string(ready.body->size()) + "\r\n\r\n";
}

std::size_t heads_bytes_of(const SipRequestsReady& ready, std::string_view content_rows) {
  constexpr std::size_t kOwnBytes = 200;  // the first line and Via
  std::size_t bytes = 0;
  for (const SipRequestsReady::One& one : ready.requests) {
    bytes += one.target.size() + one.rows.size() + content_rows.size() + kOwnBytes;
  }
  return bytes;
}

std::string_view text_of(Transport transport) {
  switch (transport) {
    case Transport::udp: return "UDP";
    case Transport::tcp: return "TCP";
    case Transport::tls: return "TLS";
  }
  return "UDP";
}

}  // namespace

void SipMessages::on(Now now, const SipRequestsReady& ready, Outbox& out) {
  const std::string content_rows = content_rows_of(ready);
  FanOutDatagrams datagrams{ready.body, {}};
  datagrams.recipients.reserve(ready.requests.size());
  TextParts heads(heads_bytes_of(ready, content_rows));
  for (const SipRequestsReady::One& one : ready.requests) {
    call(now, ready, one, content_rows, heads, datagrams, out);
  }
  if (!datagrams.recipients.empty()) out.order(std::move(datagrams));
}

void SipMessages::call(Now now, const SipRequestsReady& ready, const SipRequestsReady::One& one,
                       std::string_view content_rows, TextParts& heads, FanOutDatagrams& datagrams,
                       Outbox& out) {
  const Flow& flow = one.flow;
  const bool link_gone = is_stream(flow.transport) && flow.link.valid() && flow.through == 0 &&
                         flow.shard == shard_.self && links_.find(flow.link) == nullptr;
  if (link_gone || !calls_.has_room()) {
    SipRequestEnded ended{one.asker, ready.method, 0, 0};
    if (!link_gone) {
      ended.status = sip::number_of(sip::Status::service_unavailable);
      ended.retry_after_seconds = kRetryAfterSeconds;
    }
    return out.emit(ended);
  }
  const auto [id, transaction] = calls_.open(now);
  transaction->asker = one.asker;
  transaction->method = ready.method;
  transaction->flow = flow;
  transaction->body = ready.body;
  write_head(*transaction, id, one, content_rows, heads);
  if (is_stream(flow.transport)) {
    if (flow.link.valid()) return send_call(now, id, *transaction, out);
    return send_to_peer(now, {flow.transport, flow.remote}, id, out);
  }
  // Where it is behind another server, who has its address is not known here.
  if (transaction->bytes() > kUdpRequestBytesMax && flow.through == 0) {
    return send_to_peer(now, {Transport::tcp, flow.remote}, id, out);
  }
  if (flow.through != 0) {
    send_datagram(*transaction, out);
  } else {
    datagrams.recipients.push_back({flow.local, flow.remote, transaction->head});
  }
  calls_.sent_over_udp(now, id, *transaction);
}

// RFC 3261 sections 8.1.1.7 and 18.1.1, RFC 3581 section 3.
void SipMessages::write_head(ClientTransaction& transaction, SipCallId id,
                             const SipRequestsReady::One& one, std::string_view content_rows,
                             TextParts& heads) {
  if (transaction.flow.local != sent_by_ || sent_by_text_.empty()) {
    sent_by_ = transaction.flow.local;
    sent_by_text_ = to_text(sent_by_);
  }
  std::string& text = heads.text();
  const std::size_t begin = heads.begin();
  text.append(sip::text_of(transaction.method)).append(1, ' ').append(one.target.view());
  text.append(" SIP/2.0\r\nVia: ");
  const std::size_t via = text.size();
  text.append("SIP/2.0/").append(text_of(transaction.flow.transport)).append(1, ' ');
  text.append(sent_by_text_);
  transaction.via_at = to_u32(via - begin);
  transaction.via_bytes = to_u32(text.size() - via);
  text.append(";rport;branch=").append(sip::kBranchCookie);
  const std::size_t branch = text.size();
  append_sip_name(text, {shard_.self, id.slot, id.generation}, shard_.prng);
  transaction.branch_at = to_u32(branch - begin);
  transaction.branch_bytes = to_u32(text.size() - branch);
  text.append("\r\n").append(one.rows.view()).append(content_rows);
  transaction.head = heads.take();
}

// --- answers -------------------------------------------------------------------------------------

// RFC 3261 sections 17.1.3 and 18.1.2.
void SipMessages::take_response(const SipName& name, std::string_view name_text,
                                std::string_view bytes, Outbox& out) {
  ClientTransaction* transaction = calls_.find(name, name_text);
  if (transaction == nullptr || transaction->state == ClientTransaction::State::connecting) {
    return counters_.count(SipDrop::stray_response);
  }
  const auto response = sip::parse_message(bytes);
  if (!response || !is_answer_to(*transaction, *response)) {
    return counters_.count(SipDrop::malformed_response);
  }
  if (shard_.planted == Planted::answer_unheard) return;
  ++counters_.responses;
  if (sip::is_provisional(response->status())) {
    transaction->state = ClientTransaction::State::proceeding;
    return;
  }
  SipRequestEnded ended{transaction->asker, transaction->method,
                        static_cast<std::uint16_t>(sip::number_of(response->status())), 0};
  if (const auto row = response->header(sip::HeaderName::retry_after)) {
    const auto retry_after = sip::parse_retry_after(*row);
    if (retry_after) ended.retry_after_seconds = retry_after->seconds;
  }
  calls_.forget(SipCallId{name.slot, name.generation});
  out.emit(ended);
}

// Of a response with our branch: whole, to this method, and not for one who stands behind us.
bool SipMessages::is_answer_to(const ClientTransaction& transaction,
                               const sip::Message& response) const {
  if (response.is_request() || response.defect() != sip::Defect::none ||
      !equals_ignoring_case(response.version(), "SIP/2.0")) {
    return false;
  }
  const auto cseq = sip::parse_cseq(response.header(sip::HeaderName::cseq).value_or(""));
  if (!cseq || cseq->method != transaction.method) return false;
  // A response with two Via is for somebody else (section 8.1.3.3).
  std::size_t vias = 0;
  std::string_view top;
  for (const std::string_view via : response.values(sip::HeaderName::via)) {
    if (vias++ == 0) top = via;
  }
  if (vias != 1) return false;
  // Its sent-by is mostly as we wrote it.
  const std::string_view own = transaction.via();
  if (top.starts_with(own) && top.substr(own.size()).starts_with(';')) return true;
  const auto sent_by = sip::parse_sent_by(top);
  return sent_by && sent_by->host.ip() == transaction.flow.local.ip &&
         sent_by->port == transaction.flow.local.port;
}

void SipMessages::fail_call(SipCallId id, std::uint16_t status, Outbox& out) {
  const ClientTransaction& transaction = *calls_.find(id);
  out.emit(SipRequestEnded{transaction.asker, transaction.method, status, 0});
  calls_.forget(id);
}

// It could not be told the server that it was to leave through.
void SipMessages::not_sent(const SipName& name, std::string_view branch, Outbox& out) {
  if (name.shard != shard_.self || calls_.find(name, branch) == nullptr) return;
  fail_for_now(SipCallId{name.slot, name.generation}, out);
}

// The phone may be there all the same: a page goes another way, the rest later, not all at once.
void SipMessages::fail_for_now(SipCallId id, Outbox& out) {
  const ClientTransaction& transaction = *calls_.find(id);
  const bool is_page = transaction.method == sip::Method::message;
  const auto status = is_page ? sip::Status::flow_failed : sip::Status::service_unavailable;
  const auto pause = kRetryAfterSeconds + shard_.prng.below(kRetryAfterSeconds + 1);
  out.emit(SipRequestEnded{transaction.asker, transaction.method,
                           static_cast<std::uint16_t>(sip::number_of(status)),
                           static_cast<std::uint32_t>(pause)});
  calls_.forget(id);
}

// Section 17.1.4.
void SipMessages::on(Now, const FlowLost& lost, Outbox& out) {
  for (SipCallId id = calls_.first_on(lost); id.valid(); id = calls_.first_on(lost)) {
    fail_call(id, 0, out);
  }
}

void SipMessages::look_at_calls(Now now, Outbox& out) {
  while (const auto due = calls_.take_due(now)) {
    const ClientTransaction& transaction = *calls_.find(due->id);
    if (due->what == ClientTransactions::Due::What::gave_up) {
      // Nobody repeats what is lost between two servers of what is bound for a stream. Where that
      // is gone we are told so.
      const bool may_be_there =
          transaction.flow.through != 0 && is_stream(transaction.flow.transport);
      may_be_there ? fail_for_now(due->id, out) : fail_call(due->id, 0, out);
      continue;
    }
    ++counters_.sent_again;
    send_datagram(transaction, out);
  }
}

}  // namespace muster
