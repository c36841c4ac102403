// The part of Phone that asks, and understands the answers.

#include <algorithm>
#include <utility>

#include "codec/address/ip.h"
#include "codec/address/sip_address.h"
#include "codec/pidf/write.h"
#include "codec/sip/auth.h"
#include "codec/sip/name_addr.h"
#include "codec/sip/values.h"
#include "codec/sip/via.h"
#include "sim/agents/phone.h"
#include "sim/random_streams.h"
#include "sim/world/model_verifier.h"

namespace muster::sim {
namespace {

std::string sip_uri(const Address& address) {
  std::string uri;
  append_sip_uri(uri, address.to_bare());
  return uri;
}

// Of the server that an answer names.
std::optional<Endpoint> endpoint_of(const sip::Message& answer, sip::HeaderName name) {
  const auto server = sip::parse_name_addr(answer.first_value(name).value_or(""));
  const auto host = server ? parse_ip(server->uri.host.text) : std::nullopt;
  if (!host) return std::nullopt;
  return Endpoint{*host, server->uri.port.value_or(5060)};
}

std::string document_of(const Address& account, const std::string& id, const Shown& shown) {
  pidf::Document document;
  append_pres_uri(document.entity, account);
  pidf::Tuple& tuple = document.tuples.emplace_back();
  tuple.id = id;
  tuple.basic = pidf::Basic::open;
  tuple.show = shown.show;
  if (!shown.note.empty()) tuple.notes.push_back({shown.note, {}});
  std::string text;
  pidf::write(document, text);
  return text;
}

}  // namespace

// --- asking --------------------------------------------------------------------------------------

void Phone::ask(const Asking& asking, std::uint64_t purpose) {
  const bool udp = habits_.transport == Transport::udp;
  const std::string branch = "z9hG4bK" + random_.token(12);
  const std::string proof = proof_row(asking.method, asking.target);
  std::string bytes(asking.method);
  bytes += " " + asking.target + " SIP/2.0\r\nVia: SIP/2.0/" + (udp ? "UDP " : "TCP ") + host_ +
           ";branch=" + branch + ";rport\r\nMax-Forwards: 70\r\nFrom: <" +
           sip_uri(identity_.account) + ">;tag=" + asking.from_tag + "\r\nTo: <" +
           sip_uri(asking.to) + ">" + (asking.to_tag.empty() ? "" : ";tag=" + asking.to_tag) +
           "\r\nCall-ID: " + asking.call_id + "\r\nCSeq: " + std::to_string(asking.cseq) + " " +
           std::string(asking.method) + "\r\n" + asking.rows + proof;
  if (!asking.content_type.empty()) bytes += "Content-Type: " + asking.content_type + "\r\n";
  bytes += "Content-Length: " + std::to_string(asking.body.size()) + "\r\n\r\n" + asking.body;
  transmit(bytes);
  SipCalls::Call call;
  call.purpose = purpose;
  call.to = udp ? landing_.at() : link_to_;
  call.bytes = std::move(bytes);
  call.proved = !proof.empty();
  call.repeats = udp;
  calls_.begin(now_, branch, std::move(call));
}

// Credentials for the last nonce that was heard (RFC 3261 section 22.3 allows to go ahead).
std::string Phone::proof_row(std::string_view method, std::string_view uri) {
  if (nonce_.empty()) return {};
  sip::Credentials credentials;
  credentials.username = identity_.account.local();
  credentials.realm = identity_.account.domain();
  credentials.nonce = nonce_;
  credentials.uri = uri;
  credentials.response =
      proof_of(identity_.password, nonce_ + std::string(method) + std::string(uri));
  credentials.algorithm = sip::DigestAlgorithm::sha256;
  credentials.algorithm_text = "SHA-256";
  credentials.qop = "auth";
  credentials.cnonce = "c";
  const std::string count = std::to_string(++nonce_count_);
  credentials.nc = std::string(8 - std::min<std::size_t>(count.size(), 8), '0') + count;
  std::string row = "Authorization: ";
  sip::append_credentials(row, credentials);
  return row + "\r\n";
}

void Phone::ask_registration() {
  registration_.in_flight = true;
  registration_.due.reset();
  registration_.ending = !wants_online_;
  const std::uint32_t seconds =
      wants_online_ ? std::max(habits_.registration_seconds, registration_.min_seconds) : 0;
  asked(registration_, seconds);
  const std::string udp = habits_.transport == Transport::udp ? "" : ";transport=tcp";
  Asking asking;
  asking.method = "REGISTER";
  asking.target = "sip:" + std::string(identity_.account.domain());
  asking.from_tag = "register";
  asking.to = identity_.account;
  asking.call_id = registration_call_id_;
  asking.cseq = ++registration_cseq_;
  asking.rows = "Contact: <sip:" + std::string(identity_.account.local()) + "@" + host_ + udp +
                ">\r\nExpires: " + std::to_string(seconds) + "\r\n";
  ask(asking, kRegistration);
}

// A PUBLISH without a body; without a tag it is a new publication.
Phone::Asking Phone::publishing(std::uint32_t seconds, const std::string& etag) {
  Asking asking;
  asking.method = "PUBLISH";
  asking.target = sip_uri(identity_.account);
  asking.from_tag = random_.token(8);
  asking.to = identity_.account;
  asking.call_id = random_.token(16);
  asking.cseq = 1;
  asking.rows = "Event: presence\r\nExpires: " + std::to_string(seconds) + "\r\n";
  if (!etag.empty()) asking.rows += "SIP-If-Match: " + etag + "\r\n";
  return asking;
}

void Phone::ask_publication() {
  publication_.due.reset();
  publication_.ending = !wants_online_;
  if (publication_.ending && etag_.empty()) {
    publication_.stands = publication_.in_flight = false;
    return;
  }
  publication_.in_flight = true;
  const std::uint32_t seconds =
      wants_online_ ? std::max(habits_.publication_seconds, publication_.min_seconds) : 0;
  asked(publication_, seconds);
  Asking asking = publishing(seconds, etag_);
  const bool refresh = !etag_.empty() && published_ == shown_;
  if (!publication_.ending && !refresh) {
    asking.content_type = "application/pidf+xml";
    asking.body = document_of(identity_.account, identity_.name, shown_);
    published_ = shown_;
    tell(ShowedItself{{{identity_.name, shown_}}});
  }
  ask(asking, kPublication);
}

// As one that was put back to what it knew before: whoever has the tag that is true must not lose
// by it (RFC 3903 section 6, step 3).
void Phone::ask_by_old_tag() {
  if (!can_speak()) return;
  ask(publishing(habits_.publication_seconds, old_etag_), kOldTag);
}

void Phone::ask_watch(std::uint64_t purpose, Watch& watch) {
  watch.due.reset();
  const bool wanted = wants_online_ && watch.wanted;
  if (!wanted && !watch.stands) {
    end_watch(watch);
    return;
  }
  watch.in_flight = true;
  watch.asked = purpose;
  watch.notified = false;
  watch.ending = !wanted;
  if (watch.call_id.empty()) {
    watch.call_id = random_.token(16);
    watch.from_tag = random_.token(8);
  }
  const Address presentity = watch_purposes_[purpose];
  if (wanted && watch.to_tag.empty()) tell(AskedFor{presentity});
  const std::uint32_t seconds =
      wanted ? std::max(habits_.subscription_seconds, watch.min_seconds) : 0;
  asked(watch, seconds);
  const std::string udp = habits_.transport == Transport::udp ? "" : ";transport=tcp";
  Asking asking;
  asking.method = "SUBSCRIBE";
  asking.target = watch.target.empty() ? sip_uri(presentity) : watch.target;
  asking.from_tag = watch.from_tag;
  asking.to = presentity;
  asking.to_tag = watch.to_tag;
  asking.call_id = watch.call_id;
  asking.cseq = ++watch.cseq;
  asking.rows = "Contact: <sip:" + std::string(identity_.account.local()) + "@" + host_ + udp +
                ">\r\nEvent: presence\r\nAccept: application/pidf+xml\r\nExpires: " +
                std::to_string(seconds) + "\r\n";
  ask(asking, purpose);
}

void Phone::ask_page(std::uint64_t purpose, const SendText& page) {
  Asking asking;
  asking.method = "MESSAGE";
  asking.target = sip_uri(page.to);
  asking.from_tag = random_.token(8);
  asking.to = page.to;
  asking.call_id = random_.token(16);
  asking.cseq = next_cseq_++;
  asking.content_type = "text/plain";
  asking.body = page.text;
  ask(asking, purpose);
}

// --- answers -------------------------------------------------------------------------------------

void Phone::hear_answer(const sip::Message& answer) {
  const auto via = sip::parse_via(answer.first_value(sip::HeaderName::via).value_or(""));
  const auto status = static_cast<std::uint16_t>(answer.status());
  if (!via || status < 200) return;
  const auto call = calls_.answered(std::string(via->branch));
  if (!call) return;  // again, or too late
  if (status == 400) tell(WasSurprised{"400 to what can be read"});
  if ((status == 401 || status == 407) && hear_challenge(answer, *call)) return;
  if (status < 300) sent_on_ = {};
  was_sent_on_ = was_sent_on_ || status == 302;
  if (status == 302 && hear_redirection(answer, *call)) return;
  if (const auto page = pages_.find(call->purpose); page != pages_.end()) {
    if (status >= 300) tell(MessageReturned{page->second.text});
    pages_.erase(page);
    return;
  }
  switch (call->purpose) {
    case kRegistration: return registration_answered(status, answer, *call);
    case kPublication: return publication_answered(status, answer);
    case kOldTag:
      if (status < 300) tell(WasSurprised{"a publication by a tag that is over is taken"});
      return;
    default: break;
  }
  const auto found = watch_purposes_.find(call->purpose);
  if (found == watch_purposes_.end()) return;
  Watch& watch = watches_[found->second];
  watch_purposes_.erase(found);
  if (watch.asked == call->purpose) watch_answered(watch, status, answer);
}

// True if it is asked again, there.
bool Phone::hear_redirection(const sip::Message& answer, const SipCalls::Call& call) {
  const auto to = endpoint_of(answer, sip::HeaderName::contact);
  if (!to) return false;
  if (const auto step = sent_on_.told(*to)) tell(WasSentOn{*step});
  if (!habits_.follows) return false;
  landing_.sent_to(*to);
  if (habits_.transport == Transport::udp) {
    ask_again(call.purpose);
    return true;
  }
  out_->push_back(Finish{});
  lose_link();
  link_due_ = now_.instant;
  return true;
}

// True if it is asked again, with credentials.
bool Phone::hear_challenge(const sip::Message& answer, const SipCalls::Call& call) {
  for (const std::string_view value : answer.rows(sip::HeaderName::www_authenticate)) {
    const auto challenge = sip::parse_challenge(value);
    if (!challenge) continue;
    const bool fresh = challenge->nonce != nonce_;
    if (fresh) nonce_count_ = 0;
    nonce_ = challenge->nonce;
    if (call.proved && !challenge->stale && !fresh) return false;
    ask_again(call.purpose);
    return true;
  }
  return false;
}

void Phone::ask_again(std::uint64_t purpose) {
  if (purpose == kRegistration) return ask_registration();
  if (purpose == kPublication) {
    published_.reset();
    return ask_publication();
  }
  if (purpose == kOldTag) return ask_by_old_tag();
  if (const auto page = pages_.find(purpose); page != pages_.end()) {
    return ask_page(purpose, page->second);
  }
  const auto found = watch_purposes_.find(purpose);
  if (found == watch_purposes_.end()) return;
  Watch& watch = watches_[found->second];
  if (watch.asked == purpose) ask_watch(purpose, watch);
}

void Phone::asked(Task& task, std::uint32_t seconds) {
  task.seconds = seconds;
  task.asked_at = now_.instant;
}

void Phone::granted(Task& task, std::uint32_t seconds) {
  if (!task.ending && seconds > task.seconds) {
    tell(WasSurprised{std::to_string(seconds) + " seconds granted where " +
                      std::to_string(task.seconds) + " were asked for"});
  }
  task.in_flight = false;
  task.stands = !task.ending && seconds > 0;
  task.back_off.reset();
  if (task.stands) task.due = now_.instant + Duration::seconds(seconds) / 2;
}

void Phone::failed(Task& task) {
  task.in_flight = false;
  // It will run out by itself.
  if (task.ending) task.stands = false;
  if (!task.ending) task.due = now_.instant + task.back_off.next(random_);
}

void Phone::no_answer(std::uint64_t purpose) {
  tell_lost("an answer");
  landing_.look_elsewhere();
  if (purpose == kRegistration) return failed(registration_);
  if (purpose == kPublication) {
    published_.reset();
    return failed(publication_);
  }
  if (pages_.erase(purpose) > 0) return;
  const auto found = watch_purposes_.find(purpose);
  if (found == watch_purposes_.end()) return;
  Watch& watch = watches_[found->second];
  watch_purposes_.erase(found);
  if (watch.asked != purpose) return;
  failed(watch);
  end_watch(watch);
  // It was to end, and is wanted again.
  if (wants_online_ && watch.wanted && !watch.due) watch.due = now_.instant;
}

void Phone::registration_answered(std::uint16_t status, const sip::Message& answer,
                                  const SipCalls::Call& call) {
  const bool stood = registration_.stands;
  if (status == 423) {
    registration_.min_seconds = sip::seconds_of(answer, sip::HeaderName::min_expires).value_or(0);
  }
  if (status >= 300) {
    failed(registration_);
  } else {
    std::uint32_t seconds = habits_.registration_seconds;
    for (const std::string_view value : answer.values(sip::HeaderName::contact)) {
      const auto contact = sip::parse_name_addr(value);
      if (contact && contact->uri.text.find(host_) != std::string_view::npos) {
        seconds = contact->expires().value_or(seconds);
      }
    }
    granted(registration_, seconds);
    // Where the server that was asked has passed it on, it says to which (RFC 3608).
    const Endpoint at = endpoint_of(answer, sip::HeaderName::service_route).value_or(call.to);
    registered_ = {at, now_.instant, now_.instant + Duration::seconds(seconds)};
  }
  if (wants_online_ && !stood && registration_.stands) tell(WentOnline{identity_.account});
  // What was wished meanwhile.
  if (registration_.ending != !wants_online_) registration_.due = now_.instant;
}

void Phone::publication_answered(std::uint16_t status, const sip::Message& answer) {
  if (status == 412) {
    // The service does not know it any more: made anew, or gone as it was to be. Another server
    // than the one that it has moved to knew it.
    if (!was_sent_on_) tell_lost("a publication");
    etag_.clear();
    published_.reset();
    publication_.in_flight = false;
    publication_.stands = false;
    if (wants_online_) publication_.due = now_.instant;
    return;
  }
  if (status == 423) {
    publication_.min_seconds = sip::seconds_of(answer, sip::HeaderName::min_expires).value_or(0);
  }
  if (status >= 300) {
    failed(publication_);
    published_.reset();
  } else {
    const std::string etag(answer.header(sip::HeaderName::sip_etag).value_or(""));
    if (etag.empty() || etag == etag_) tell(WasSurprised{"a publication without a new tag"});
    was_sent_on_ = false;
    old_etag_ = std::exchange(etag_, etag);
    granted(publication_, sip::seconds_of(answer, sip::HeaderName::expires).value_or(0));
    if (publication_.ending) etag_.clear();
    if (publication_.stands && !old_etag_.empty() && happens(random_, habits_.old_tag_per_mille)) {
      ask_by_old_tag();
    }
    if (publication_.stands) tell(WasPromised{"publication", published_.value_or(shown_).note});
  }
  // What failed is tried again in its time.
  const bool changed = status < 300 && wants_online_ && publication_.stands && published_ != shown_;
  if (changed || publication_.ending != !wants_online_) publication_.due = now_.instant;
}

void Phone::watch_answered(Watch& watch, std::uint16_t status, const sip::Message& answer) {
  if (status < 300) {
    const auto to = sip::parse_name_addr(answer.header(sip::HeaderName::to).value_or(""));
    const auto contact =
        sip::parse_name_addr(answer.first_value(sip::HeaderName::contact).value_or(""));
    // Of another dialog, if the service was killed before it answered.
    if (to && to->tag() != watch.to_tag) watch.their_cseq.reset();
    if (to) watch.to_tag = to->tag();
    if (contact) watch.target = contact->uri.text;
    const auto seconds = sip::seconds_of(answer, sip::HeaderName::expires).value_or(0);
    granted(watch, seconds);
    watch.stands_until = watch.asked_at + Duration::seconds(seconds);
    // It may have come before.
    if (!watch.notified) watch.notify_due = now_.instant + SipCalls::kTimerF;
    if (watch.ending) end_watch(watch);
  } else if (status == 403 || status == 404 || status == 603) {
    watch.in_flight = false;
    watch.wanted = false;
    end_watch(watch);
  } else {
    if (status == 423) {
      watch.min_seconds = sip::seconds_of(answer, sip::HeaderName::min_expires).value_or(0);
    }
    // 481: the dialog is gone; else it may be. Made anew. Who goes nowhere is sent away the first
    // time, before there is one.
    const bool had_none = status == 302 && watch.to_tag.empty();
    if (watch.wanted && !had_none) tell_lost("a dialog, by " + std::to_string(status));
    failed(watch);
    end_watch(watch);
    if (status == 481 && !watch.ending) watch.due = now_.instant;
  }
  const bool wanted = wants_online_ && watch.wanted;
  if (wanted != (watch.stands || watch.due.has_value())) watch.due = now_.instant;
}

void Phone::forget_picture(Watch& watch) {
  if (std::exchange(watch.active, false)) tell(ForgotPictures{});
  watch.picture.clear();
}

// The dialog is over; another may begin.
void Phone::end_watch(Watch& watch) {
  forget_picture(watch);
  watch.stands = watch.in_flight = false;
  watch.asked = 0;
  watch.call_id.clear();
  watch.to_tag.clear();
  watch.target.clear();
  watch.cseq = 0;
  watch.their_cseq.reset();
  watch.notify_due.reset();
}

}  // namespace muster::sim
