#include "server/sip_presence/page_messages.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "codec/address/sip_address.h"
#include "codec/sip/lexer.h"
#include "codec/sip/values.h"
#include "server/planted.h"

namespace muster {
namespace {

constexpr std::size_t kTagCharacters = 16;
constexpr std::size_t kCallIdCharacters = 24;

bool is_success(std::uint16_t status) {
  return status / 100 == 2;
}

// RFC 3261 section 16.7 step 6; the smaller, the better. 0: no answer at all.
int rank(std::uint16_t status) {
  switch (status / 100) {
    case 2: return 0;
    case 6: return 1;
    case 3: return 2;
    case 4: return 3;
    case 5: return 4;
    default: return 5;
  }
}

// What a sender can be told of a phone's answer.
std::uint16_t told(std::uint16_t status) {
  switch (status) {
    case 403:
    case 406:
    case 413:
    case 415:
    case 486:
    case 488:
    case 493: return status;
    default: break;
  }
  if (is_success(status)) return 200;
  if (status >= 600) return status;
  return status >= 500 ? 500 : 480;
}

bool is_unreached(std::uint16_t status) {
  return status == 0 || status == 408 || status == 430;
}

std::string unfolded(const sip::Message& message, sip::HeaderName name) {
  std::string text;
  sip::append_unfolded(text, message.header(name).value_or(""));
  return text;
}

// A row whose value people, or XMPP, gave: nothing in it may end it.
void append_text_row(std::string& rows, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  rows.append(name).append(": ");
  for (const char c : value) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    rows.push_back(control ? ' ' : c);
  }
  rows.append("\r\n");
}

}  // namespace

// --- the sender's side ---------------------------------------------------------------------------

void PageMessages::message(Now, const Request& request, Outbox& out) {
  PageMessage message;
  if (!read_text(request, message.text, out)) return;
  message.from = request.identity;
  message.to = request.addressee;
  message.request_shard = shard_.self;
  message.request = request.id;
  ++asked_;
  out.emit(shard_.home_of(request.addressee), std::move(message));
}

// False if the request is answered.
bool PageMessages::read_text(const Request& request, PageMessageText& text, Outbox& out) const {
  const sip::Message& message = request.message;
  if (has_encoded_body(message)) {
    answer(request.id, sip::Status::unsupported_media_type, out, std::string(kAcceptNoEncodingRow));
    return false;
  }
  if (!message.body().empty() && !message.has(sip::HeaderName::content_type)) {
    answer(request.id, sip::Status::bad_request, out, {}, "Missing Content-Type");
    return false;
  }
  if (message.body().size() > shard_.settings.limits.page_message_bytes_max) {
    answer(request.id, sip::Status::request_entity_too_large, out);
    return false;
  }
  text.content_type = unfolded(message, sip::HeaderName::content_type);
  text.language = unfolded(message, sip::HeaderName::content_language);
  text.subject = unfolded(message, sip::HeaderName::subject);
  text.call_id = unfolded(message, sip::HeaderName::call_id);
  text.body = message.body();
  if (const auto date = message.header(sip::HeaderName::date)) text.date = sip::parse_date(*date);
  text.expires = sip::seconds_of(message, sip::HeaderName::expires);
  return true;
}

void PageMessages::on(Now, const PageMessageAnswered& answered, Outbox& out) {
  MUSTER_CHECK(asked_ > 0);
  --asked_;
  const sip::Status status = sip::status_of(answered.status);
  // A phone must take plain text (RFC 3428 section 7); a 415 must say what would do.
  const bool names_types = status == sip::Status::unsupported_media_type;
  answer(answered.request, status, out, std::string(names_types ? kAcceptTextRow : ""));
}

// --- the recipient's side ------------------------------------------------------------------------

void PageMessages::on(Now now, const PageMessage& message, Outbox& out) {
  const std::vector<const Binding*> phones = registrar_.phones_of(message.to);
  const auto [id, delivery] = deliveries_.emplace();
  delivery->message = message;
  delivery->phones = static_cast<std::uint32_t>(phones.size());
  delivery->tried = !phones.empty();
  if (message.from_sip()) {
    delivery->sessions = true;
    delivery->deadline = now.instant + kAnswerTimeMax;
    deadlines_.add(delivery->deadline, id);
    out.emit(MessageToXmpp{message.from, message.to, message.text, id.number()});
  }
  if (!phones.empty()) {
    delivery->rows = rows_of(now, message);
    if (!message.text.body.empty()) delivery->body = share(message.text.body);
  }
  for (const Binding* phone : phones)
    stand_in_line(id, *phone, out);
  settle(id, out);
}

std::string PageMessages::rows_of(Now now, const PageMessage& message) {
  const PageMessageText& text = message.text;
  std::string rows = "From: <";
  append_sip_uri(rows, message.from);
  rows.append(">;tag=").append(shard_.prng.token(kTagCharacters)).append("\r\nTo: <");
  append_sip_uri(rows, message.to);
  rows.append(">\r\nCall-ID: ");
  rows.append(sip::is_call_id(text.call_id) ? text.call_id : shard_.prng.token(kCallIdCharacters));
  rows.append("\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nDate: ");
  rows.append(sip::format_date(text.date.value_or(now.unix_time))).append("\r\n");
  if (text.expires) append_number(rows.append("Expires: "), *text.expires);
  if (text.expires) rows.append("\r\n");
  append_text_row(rows, "Subject", text.subject);
  append_text_row(rows, "Content-Language", text.language);
  return rows;
}

void PageMessages::on(Now, const MessageDelivered& delivered, Outbox& out) {
  const DeliveryId id = DeliveryId::from_number(delivered.waiting);
  Delivery* delivery = deliveries_.find(id);
  if (delivery == nullptr) return;
  delivery->sessions = false;
  const std::uint16_t status = delivered.taken ? 200 : delivered.why_not;
  if (rank(status) < rank(delivery->best)) delivery->best = status;
  settle(id, out);
}

// One phone's last word about a delivery.
void PageMessages::count(DeliveryId id, std::uint16_t status, Outbox& out) {
  Delivery& delivery = *deliveries_.find(id);
  --delivery.phones;
  if (rank(status) < rank(delivery.best)) delivery.best = status;
  settle(id, out);
}

void PageMessages::settle(DeliveryId id, Outbox& out) {
  Delivery* delivery = deliveries_.find(id);
  if (delivery == nullptr) return;
  const bool over = delivery->phones == 0 && !delivery->sessions;
  if (!delivery->told && (over || is_success(delivery->best))) {
    tell(*delivery, told(delivery->best), out);
  }
  if (over && shard_.planted != Planted::delivery_kept) deliveries_.erase(id);
}

void PageMessages::tell(Delivery& delivery, std::uint16_t status, Outbox& out) {
  const PageMessage& message = delivery.message;
  delivery.told = true;
  if (message.from_sip()) {
    // What waits at another server is answered by way of load_control.
    const ShardId to = message.server == 0 ? message.request_shard : shard_.self;
    out.emit(to,
             PageMessageAnswered{message.request, status, message.request_shard, message.server});
  } else if (message.transit != 0) {
    out.emit(PhonesDone{message.transit, delivery.tried, is_success(status)});
  } else if (!is_success(status) && !message.taken_by_session) {
    out.emit(PageMessageRefused{message.from, message.xmpp_to, message.xmpp_id, status});
  }
}

void PageMessages::wake(Now now, Outbox& out) {
  while (const auto id = deadlines_.take_due(now.instant)) {
    Delivery* delivery = deliveries_.find(*id);
    if (delivery == nullptr) continue;
    delivery->sessions = false;
    if (!delivery->told) tell(*delivery, 480, out);
    settle(*id, out);
  }
}

// --- lines ---------------------------------------------------------------------------------------

void PageMessages::stand_in_line(DeliveryId id, const Binding& binding, Outbox& out) {
  Line& line = lines_[binding.number];
  if (line.turns.size() > shard_.settings.limits.page_messages_waiting_max) {
    count(id, 480, out);
    return;
  }
  line.account = deliveries_.find(id)->message.to;
  line.turns.push_back({id, binding.phone, binding.age});
  if (line.turns.size() == 1) send(binding.number, binding, line.turns.front(), out);
}

void PageMessages::send(std::uint64_t number, const Binding& binding, const Turn& turn,
                        Outbox& out) {
  const Delivery& delivery = *deliveries_.find(turn.delivery);
  SipRequestsReady ready;
  ready.method = sip::Method::message;
  ready.body = delivery.body;
  if (ready.body != nullptr) ready.content_type = delivery.message.text.content_type;
  SipRequestsReady::One one;
  one.asker = number;
  one.flow = binding.flow;
  one.target = std::string(binding.uri.substr(0, binding.uri.find('?')));
  one.rows = delivery.rows + binding.path;
  ready.requests.push_back(std::move(one));
  out.emit(std::move(ready));
}

void PageMessages::on(Now, const SipRequestEnded& ended, Outbox& out) {
  const auto line = lines_.find(ended.asker);
  if (line == lines_.end()) return;
  const Address account = line->second.account;
  std::vector<Turn> failed;
  const Turn turn = std::move(line->second.turns.front());
  line->second.turns.pop_front();
  if (!is_unreached(ended.status)) {
    count(turn.delivery, ended.status, out);
  } else {
    // A phone that does not answer keeps nobody waiting.
    failed.push_back(turn);
    std::move(line->second.turns.begin(), line->second.turns.end(), std::back_inserter(failed));
    line->second.turns.clear();
  }
  for (const Turn& other : failed)
    turn_failed(other, account, ended.status, out);
  next_in_line(ended.asker, out);
}

// On to an older flow of the same phone, if there is one and the sender has not given up.
void PageMessages::turn_failed(const Turn& turn, const Address& account, std::uint16_t status,
                               Outbox& out) {
  const Delivery& delivery = *deliveries_.find(turn.delivery);
  const bool given_up = delivery.told && !is_success(delivery.best);
  const Binding* older =
      given_up ? nullptr : registrar_.older_binding(account, turn.phone, turn.age);
  if (older != nullptr) {
    stand_in_line(turn.delivery, *older, out);
  } else {
    count(turn.delivery, status, out);
  }
}

void PageMessages::next_in_line(std::uint64_t number, Outbox& out) {
  while (true) {
    const auto line = lines_.find(number);
    if (line->second.turns.empty()) {
      lines_.erase(line);
      return;
    }
    const Turn turn = line->second.turns.front();
    const Address account = line->second.account;
    const Delivery& delivery = *deliveries_.find(turn.delivery);
    const Binding* binding = registrar_.find(account, number);
    if (binding != nullptr && (!delivery.told || is_success(delivery.best))) {
      send(number, *binding, turn, out);
      return;
    }
    line->second.turns.pop_front();
    turn_failed(turn, account, 480, out);
  }
}

}  // namespace muster
