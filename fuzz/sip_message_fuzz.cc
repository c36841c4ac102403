// Any bytes as a datagram. Whatever is read: its values lie in the bytes; peek and the framer agree
// with the parser; what is answered to it is a well-formed response with the same Vias, and no row
// that our writer did not write.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "codec/sip/auth.h"
#include "codec/sip/check.h"
#include "codec/sip/framer.h"
#include "codec/sip/media.h"
#include "codec/sip/message.h"
#include "codec/sip/multipart.h"
#include "codec/sip/name_addr.h"
#include "codec/sip/peek.h"
#include "codec/sip/rows.h"
#include "codec/sip/values.h"
#include "codec/sip/via.h"
#include "codec/sip/writer.h"

namespace muster::sip {
namespace {

void check_inside(std::string_view part, std::string_view whole) {
  MUSTER_CHECK(part.empty() || (part.data() >= whole.data() &&
                                part.data() + part.size() <= whole.data() + whole.size()));
}

// Every reader on every value: they are total.
void read_everything(std::string_view value) {
  (void)parse_via(value);
  (void)parse_sent_by(value);
  (void)has_tag(value);
  (void)parse_cseq(value);
  (void)is_call_id(value);
  (void)parse_event(value);
  (void)parse_subscription_state(value);
  (void)parse_entity_tag(value);
  (void)parse_retry_after(value);
  (void)parse_timestamp(value);
  (void)parse_warning(value);
  (void)parse_u32(value);
  (void)parse_disposition(value);
  (void)parse_challenge(value);
  if (const auto name_addr = parse_name_addr(value)) {
    MUSTER_CHECK(parse_uri(name_addr->uri.text).has_value());
    (void)name_addr->display_name();
    (void)name_addr->expires();
    (void)name_addr->q();
    (void)name_addr->reg_id();
    check_inside(name_addr->instance(), value);
    check_inside(name_addr->pub_gruu(), value);
  }
  if (const auto date = parse_date(value)) {
    MUSTER_CHECK(parse_date(format_date(*date)) == date);
  }
}

void check_credentials(std::string_view value) {
  const auto credentials = parse_credentials(value);
  if (!credentials ||
      !(credentials->algorithm_text.empty() || is_token(credentials->algorithm_text)))
    return;
  if (!credentials->qop.empty() && !is_token(credentials->qop)) return;
  std::string written;
  append_credentials(written, *credentials);
  MUSTER_CHECK(!has_line_break(written));
  const auto again = parse_credentials(written);
  MUSTER_CHECK(again && again->username == credentials->username &&
               again->response == credentials->response &&
               again->nonce_count == credentials->nonce_count);
}

void check_parts(const Message& message) {
  const auto value = message.header(HeaderName::content_type);
  const auto type = value ? parse_media_type(*value) : std::nullopt;
  if (!type) return;
  (void)related_start(*type);
  auto multipart = Multipart::open(*type, message.body());
  if (!multipart) return;
  std::size_t parts = 0;
  while (const auto part = multipart->next()) {
    check_inside(part->body, message.body());
    (void)part->content_type();
    ++parts;
  }
  MUSTER_CHECK(parts <= kPartsMax);
}

void check_answer(const Message& request) {
  std::string answer;
  begin_response(answer, request,
                 {.status = Status::bad_request,
                  .to_tag = "t",
                  .source = Endpoint{IpAddress::v4(192, 0, 2, 1), 5060},
                  .copies_record_route = true})
      .finish();
  const auto response = parse_message(answer);
  MUSTER_CHECK(response.ok() && response->is_response());
  MUSTER_CHECK(response->defect() == Defect::none);
  MUSTER_CHECK(response->count(HeaderName::via) == request.count(HeaderName::via));
  MUSTER_CHECK(response->count(HeaderName::record_route) ==
               request.count(HeaderName::record_route));
  std::size_t rows = 0;
  for (const Message::Header header : response->headers()) {
    MUSTER_CHECK(header.name != HeaderName::other && !has_line_break(header.value));
    ++rows;
  }
  const auto one = [&request](HeaderName name) { return request.has(name) ? 1u : 0u; };
  MUSTER_CHECK(rows == request.count(HeaderName::via) + request.count(HeaderName::record_route) +
                           one(HeaderName::from) + one(HeaderName::to) + one(HeaderName::call_id) +
                           one(HeaderName::cseq) + 1);
  // What passes has an answer that passes.
  Essentials asked;
  if (check_request(request, asked)) return;
  Essentials answered;
  MUSTER_CHECK(!check_response(*response, answered));
  MUSTER_CHECK(answered.top_via.branch == asked.top_via.branch);
  MUSTER_CHECK(!answered.to.tag().empty());
}

void check_peek(std::string_view bytes, const Message& message) {
  MUSTER_CHECK(is_response(bytes) == message.is_response());
  Essentials essentials;
  const bool passes = message.is_request() ? !check_request(message, essentials)
                                           : !check_response(message, essentials);
  if (!passes) return;
  MUSTER_CHECK(peek_from_uri(bytes) == essentials.from.uri.text);
  MUSTER_CHECK(peek_to_uri(bytes) == essentials.to.uri.text);
  MUSTER_CHECK(peek_top_via_branch(bytes).value_or("") == essentials.top_via.branch);
  MUSTER_CHECK(peek_call_id(bytes) == essentials.call_id);
}

void check_framer(std::string_view bytes, const Message& message) {
  if (message.defect() != Defect::none || !message.has(HeaderName::content_length)) return;
  const Frame frame = Framer().next(bytes.substr(skip_line_breaks(bytes)));
  MUSTER_CHECK(frame.kind == Frame::Kind::message && frame.size == message.bytes().size());
}

void check_message(std::string_view bytes) {
  (void)peek_from_uri(bytes);
  (void)peek_top_via_branch(bytes);
  const auto parsed = parse_message(bytes);
  if (!parsed) return;
  const Message& message = *parsed;
  check_inside(message.body(), bytes);
  check_inside(message.bytes(), bytes);
  check_inside(message.request_uri(), bytes);
  for (const Message::Header header : message.headers()) {
    check_inside(header.value, bytes);
    read_everything(header.value);
    check_credentials(header.value);
    for (const std::string_view value : message.values(header.name)) {
      check_inside(value, header.name == HeaderName::other ? bytes : message.bytes());
    }
  }
  (void)accept_quality(message, "application", "pidf+xml");
  check_parts(message);
  check_peek(bytes, message);
  check_framer(bytes, message);
  if (message.is_request()) check_answer(message);
}

}  // namespace
}  // namespace muster::sip

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of its own size, so that a read past its end is seen.
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  muster::sip::check_message(bytes);
  return 0;
}
