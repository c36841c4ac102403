#include "server/sip_presence/publications.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "codec/address/domain.h"
#include "codec/pidf/values.h"
#include "codec/sip/media.h"
#include "codec/sip/values.h"
#include "codec/sip/writer.h"

namespace muster {
namespace {

constexpr std::size_t kEntityTagCharacters = 16;

bool is_presence(const sip::Message& message) {
  const auto value = message.header(sip::HeaderName::event);
  const auto event = value ? sip::parse_event(*value) : std::nullopt;
  return event && event->package == "presence";
}

bool is_pidf(const sip::Message& message) {
  const auto value = message.header(sip::HeaderName::content_type);
  const auto type = value ? sip::parse_media_type(*value) : std::nullopt;
  return type && type->is("application", "pidf+xml");
}

}  // namespace

pidf::Limits Publications::limits_of(const Settings& settings) {
  pidf::Limits limits;
  limits.bytes_max = settings.limits.document_bytes_max;
  return limits;
}

// The steps are those of RFC 3903 section 6.
void Publications::publish(Now, const Request& request, Outbox& out) {
  const sip::Message& message = request.message;
  if (request.addressee != request.identity) {
    answer(request.id, sip::Status::forbidden, out);
    return;
  }
  if (!is_presence(message)) {
    answer(request.id, sip::Status::bad_event, out, std::string(kAllowEventsRow));
    return;
  }
  const auto tag = message.header(sip::HeaderName::sip_if_match);
  if (tag && (message.count(sip::HeaderName::sip_if_match) != 1 || !sip::parse_entity_tag(*tag))) {
    answer(request.id, sip::Status::bad_request, out, {}, "One Entity-Tag Needed");
    return;
  }
  const auto expires = grant(request, out);
  if (!expires) return;
  const bool has_body = !message.body().empty();
  const bool remove = tag && *expires == Duration();
  if (!has_body && !tag) {
    answer(request.id, sip::Status::bad_request, out, {}, "No Event State");
    return;
  }
  if (has_body && !remove && !read_document(request, out)) return;
  if (!tag && *expires == Duration()) {
    confirm(request.id, shard_.prng.token(kEntityTagCharacters), *expires, out);
    return;
  }
  PublishAsked asked{request.id, request.identity, std::string(tag.value_or("")),
                     remove,     *expires,         {}};
  if (!remove) asked.document = document_of(message);
  ++waiting_;
  out.emit(std::move(asked));
}

// Step 4.
std::optional<Duration> Publications::grant(const Request& request, Outbox& out) const {
  const Limits& limits = shard_.settings.limits;
  const auto asked = sip::seconds_of(request.message, sip::HeaderName::expires);
  if (!asked) return limits.publication_time_max;
  const Duration expires = Duration::seconds(*asked);
  if (*asked > 0 && expires < limits.expires_min) {
    answer_too_brief(request.id, limits.expires_min, out);
    return std::nullopt;
  }
  return std::min(expires, limits.publication_time_max);
}

// Step 5; false if the request is answered.
bool Publications::read_document(const Request& request, Outbox& out) {
  const sip::Message& message = request.message;
  if (has_encoded_body(message)) {
    answer(request.id, sip::Status::unsupported_media_type, out, std::string(kAcceptNoEncodingRow));
    return false;
  }
  if (!is_pidf(message)) {
    answer(request.id, sip::Status::unsupported_media_type, out, std::string(kAcceptPidfRow));
    return false;
  }
  if (message.body().size() > shard_.settings.limits.document_bytes_max) {
    answer(request.id, sip::Status::request_entity_too_large, out);
    return false;
  }
  const auto document = reader_.read(message.body());
  if (!document) {
    if (document.error() != pidf::Error::bad_xml && document.error() != pidf::Error::not_presence) {
      answer(request.id, sip::Status::request_entity_too_large, out);
      return false;
    }
    std::string agent;
    append_ascii_domain(agent, shard_.settings.domains.front());
    std::string rows;
    sip::HeaderWriter(rows).warning(399, agent, pidf::to_string(document.error()));
    answer(request.id, sip::Status::bad_request, out, std::move(rows), "Malformed PIDF");
    return false;
  }
  const auto entity = sip::parse_uri(document->entity);
  if (!entity || !entity->has_user()) return true;
  if (address_of(*entity, request.flow, shard_.settings) == request.identity) return true;
  answer(request.id, sip::Status::forbidden, out, {}, "Not Your Presence");
  return false;
}

// RFC 8048 table 2: Content-Language is the xml:lang of its notes that state none. It is stored in
// the document, of which it is a part from here on; not if that would be too much of anything.
std::string Publications::document_of(const sip::Message& message) {
  const auto languages = message.header(sip::HeaderName::content_language);
  const std::string_view language = pidf::first_language(languages.value_or(""));
  std::string document(message.body());
  if (document.empty() || language.empty()) return document;
  std::string stated = reader_.with_language(document, language);
  const bool fits = stated.size() <= shard_.settings.limits.document_bytes_max;
  return fits && reader_.read(stated) ? stated : document;
}

// --- what presence_db says -----------------------------------------------------------------------

void Publications::on(Now, const PublishAnswered& answered, Outbox& out) {
  MUSTER_CHECK(waiting_ > 0);
  --waiting_;
  switch (answered.outcome) {
    case PublishAnswered::Outcome::stored:
      confirm(answered.request, answered.etag, answered.expires, out);
      return;
    case PublishAnswered::Outcome::removed:
      // It has a tag as each 200 has (section 6 step 6), though nothing is left to be named by it.
      confirm(answered.request, shard_.prng.token(kEntityTagCharacters), Duration(), out);
      return;
    case PublishAnswered::Outcome::precondition_failed:
      answer(answered.request, sip::Status::conditional_request_failed, out);
      return;
    case PublishAnswered::Outcome::too_many:
      answer(answered.request, sip::Status::forbidden, out, {}, "Too Many Publications");
      return;
    case PublishAnswered::Outcome::no_such_account:
      answer(answered.request, sip::Status::not_found, out);
      return;
    case PublishAnswered::Outcome::store_failed:
      answer_later(answered.request, sip::Status::server_internal_error, out);
      return;
  }
}

// Step 6.
void Publications::confirm(SipRequestId request, std::string_view etag, Duration expires,
                           Outbox& out) const {
  std::string rows = "SIP-ETag: ";
  rows.append(etag).append("\r\nExpires: ");
  append_number(rows, static_cast<std::uint64_t>(expires.in_seconds()));
  rows.append("\r\n");
  answer(request, sip::Status::ok, out, std::move(rows));
}

}  // namespace muster
