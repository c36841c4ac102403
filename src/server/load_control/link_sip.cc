#include "server/load_control/link_sip.h"

#include <algorithm>
#include <vector>

#include "codec/sip/name_addr.h"
#include "codec/sip/values.h"

namespace muster {
namespace {

constexpr std::size_t kTagCharacters = 12;  // 60 bits (RFC 3261 section 19.3 wants 32)
constexpr std::size_t kCallIdCharacters = 24;
constexpr std::size_t kBranchCharacters = 16;

std::string bracketed(std::string_view uri) {
  std::string out;
  sip::append_name_addr(out, {}, uri);
  return out;
}

std::string tagged(const std::string& address, const std::string& tag) {
  return tag.empty() ? address : address + ";tag=" + tag;
}

}  // namespace

std::string_view contact_of(const LinkMessage& message) {
  const auto value = message.message.first_value(sip::HeaderName::contact);
  const auto contact = value ? sip::parse_name_addr(*value) : std::nullopt;
  const bool usable = contact && contact->uri.is_sip() && !contact->uri.has_headers;
  return usable ? contact->uri.text : std::string_view();
}

bool LinkDialog::has(const sip::Essentials& request) const {
  return request.call_id == call_id && request.to.tag() == local_tag &&
         (remote_tag.empty() || request.from.tag() == remote_tag);
}

bool LinkDialog::takes(const LinkMessage& request) {
  const sip::Essentials& essentials = request.essentials;
  if (essentials.cseq.number <= remote_cseq) return false;
  remote_cseq = essentials.cseq.number;
  learn(essentials.from.tag());
  const std::string_view contact = contact_of(request);
  if (!contact.empty() && contact.size() <= kLinkDialogBytesMax) target = contact;
  return true;
}

void LinkDialog::learn(std::string_view tag) {
  if (remote_tag.empty() && tag.size() <= kLinkDialogBytesMax) remote_tag = tag;
}

// --- what comes ----------------------------------------------------------------------------------

LinkSip::Came LinkSip::came(std::string_view bytes, LinkMessage& read, std::string& answer) {
  read.message = sip::Message();
  read.essentials = {};
  if (sip::parse_message(bytes, read.message)) return Wrong{DocumentFault::no_message};
  if (read.message.is_response()) return take_answer(read);
  return take_request(bytes, read, answer);
}

LinkSip::Came LinkSip::take_request(std::string_view bytes, LinkMessage& read,
                                    std::string& answer_bytes) {
  const sip::Message& message = read.message;
  if (const auto rejection = sip::check_request(message, read.essentials)) {
    if (!rejection->answerable) return Wrong{DocumentFault::no_message};
    const std::string tag = prng_.token(kTagCharacters);
    sip::begin_response(answer_bytes, message, {rejection->status, rejection->reason, tag})
        .finish();
    return Wrong{DocumentFault::bad_request};
  }
  const bool is_ack = message.method() == sip::Method::ack;  // never answered (section 17)
  // A frame is one message: bytes behind it were meant to be something.
  if (message.bytes().data() + message.bytes().size() != bytes.data() + bytes.size()) {
    if (!is_ack) answer(read, sip::Status::bad_request, {}, answer_bytes).finish();
    return Wrong{DocumentFault::bad_request};
  }
  if (message.body().size() > kLinkBodyBytesMax) {
    if (!is_ack) answer(read, sip::Status::request_entity_too_large, {}, answer_bytes).finish();
    return Wrong{DocumentFault::too_large};
  }
  // Section 8.2.2.3: we have no extension that may be required.
  std::vector<std::string_view> required;
  for (const std::string_view tag : message.values(sip::HeaderName::require))
    required.push_back(tag);
  if (!required.empty() && !is_ack) {
    sip::HeaderWriter rows = answer(read, sip::Status::bad_extension, {}, answer_bytes);
    for (const std::string_view tag : required)
      rows.copied_row(sip::HeaderName::unsupported, tag);
    rows.finish();
    return Wrong{DocumentFault::bad_extension};
  }
  return Request{};
}

LinkSip::Came LinkSip::take_answer(LinkMessage& read) {
  if (sip::check_response(read.message, read.essentials)) return Wrong{DocumentFault::no_message};
  const sip::CSeq& cseq = read.essentials.cseq;
  const auto found = awaited_.find({std::string(read.essentials.call_id), cseq.number});
  if (found == awaited_.end() || found->second.method != cseq.method) {
    return Wrong{DocumentFault::stray_answer};
  }
  const Answer answer{found->first.first, cseq.method, read.message.status()};
  // A provisional answer is none yet; the time runs on (section 17.1.2.1).
  if (sip::is_final(answer.status)) awaited_.erase(found);
  return answer;
}

// --- what is sent --------------------------------------------------------------------------------

LinkDialog LinkSip::begin_dialog(std::string_view remote) {
  LinkDialog dialog;
  dialog.call_id = prng_.token(kCallIdCharacters);
  dialog.local = bracketed(self_.svr_id);
  dialog.remote = bracketed(remote);
  dialog.local_tag = prng_.token(kTagCharacters);
  dialog.target = remote;
  return dialog;
}

std::optional<LinkDialog> LinkSip::accept_dialog(const LinkMessage& request) {
  const sip::Essentials& essentials = request.essentials;
  LinkDialog dialog;
  dialog.call_id = essentials.call_id;
  dialog.local = bracketed(essentials.to.uri.text);
  dialog.remote = bracketed(essentials.from.uri.text);
  dialog.local_tag = prng_.token(kTagCharacters);
  dialog.remote_tag = essentials.from.tag();
  dialog.target = contact_of(request);
  dialog.remote_cseq = essentials.cseq.number;
  const std::size_t kept = dialog.call_id.size() + dialog.local.size() + dialog.remote.size() +
                           dialog.remote_tag.size() + dialog.target.size();
  if (kept > kLinkDialogBytesMax) return std::nullopt;
  return dialog;
}

sip::HeaderWriter LinkSip::begin(Instant now, LinkDialog& dialog, sip::Method method,
                                 std::string& out) {
  if (method != sip::Method::ack) {
    ++dialog.cseq;
    awaited_[{dialog.call_id, dialog.cseq}] = {method, now + kAnswerTimeMax};
  }
  const std::string branch = std::string(sip::kBranchCookie) + prng_.token(kBranchCharacters);
  const std::string from = tagged(dialog.local, dialog.local_tag);
  const std::string to = tagged(dialog.remote, dialog.remote_tag);
  sip::RequestHead head;
  head.method = method;
  head.target = dialog.target;
  head.transport = self_.transport;
  head.sent_by = self_.sent_by;
  head.branch = branch;
  head.asks_rport = false;
  head.from = from;
  head.to = to;
  head.call_id = dialog.call_id;
  head.cseq = dialog.cseq;
  sip::HeaderWriter rows = sip::begin_request(out, head);
  write_contact(rows);
  return rows;
}

sip::HeaderWriter LinkSip::answer(const LinkMessage& request, sip::Status status,
                                  std::string_view tag, std::string& out) {
  const std::string fresh = tag.empty() ? prng_.token(kTagCharacters) : std::string();
  return sip::begin_response(out, request.message, {status, {}, tag.empty() ? fresh : tag});
}

void LinkSip::write_contact(sip::HeaderWriter& rows) const {
  rows.name_addr(sip::HeaderName::contact, {}, self_.svr_id);
}

// --- time ----------------------------------------------------------------------------------------

std::optional<LinkSip::Answer> LinkSip::take_lapsed(Instant now) {
  for (auto it = awaited_.begin(); it != awaited_.end(); ++it) {
    if (it->second.until > now) continue;
    Answer answer{it->first.first, it->second.method, sip::Status::request_timeout};
    awaited_.erase(it);
    return answer;
  }
  return std::nullopt;
}

std::optional<Instant> LinkSip::next_deadline() const {
  std::optional<Instant> next;
  for (const auto& [key, awaited] : awaited_)
    next = next ? std::min(*next, awaited.until) : awaited.until;
  return next;
}

}  // namespace muster
