#include "server/sip_message/answer.h"

#include <limits>
#include <optional>

#include "base/check.h"
#include "codec/sip/via.h"
#include "codec/sip/writer.h"

namespace muster {
namespace {

std::uint16_t to_u16(std::size_t bytes) {
  MUSTER_CHECK(bytes <= std::numeric_limits<std::uint16_t>::max());
  return static_cast<std::uint16_t>(bytes);
}

bool is_multicast(const IpAddress& ip) {
  return ip.is_v4() ? ip.bytes[12] >= 224 : ip.bytes[0] == 0xff;
}

}  // namespace

SipAnswer::SipAnswer(const Parts& parts)
    : status_(parts.status),
      reason_bytes_(to_u16(parts.reason.size())),
      to_tag_bytes_(to_u16(parts.to_tag.size())),
      forms_dialog_(parts.forms_dialog) {
  // Many of these are kept; each is as long as it must be.
  const std::size_t end_bytes = parts.body.empty()
                                    ? std::string_view("Content-Length: 0\r\n\r\n").size()
                                    : parts.content_type.size() + parts.body.size() + 64;
  text_.reserve(parts.reason.size() + parts.to_tag.size() + parts.rows.size() + end_bytes);
  text_.append(parts.reason).append(parts.to_tag).append(parts.rows);
  sip::HeaderWriter writer(text_);
  if (parts.body.empty()) {
    writer.finish();
  } else {
    writer.finish(parts.content_type, parts.body);
  }
}

std::string SipAnswer::to(const sip::Message& request, const Endpoint& source) const {
  const std::string_view text = text_;
  std::string out;
  out.reserve(request.bytes().size() - request.body().size() + text.size() + 64);
  sip::begin_response(out, request,
                      {.status = status_,
                       .reason = text.substr(0, reason_bytes_),
                       .to_tag = to_tag(),
                       .source = source,
                       .copies_record_route = forms_dialog_});
  out.append(text.substr(std::size_t{reason_bytes_} + to_tag_bytes_));
  return out;
}

Endpoint answer_target(std::string_view via, const Endpoint& source) {
  const auto parsed = sip::parse_via(via);
  const auto sent_by = parsed ? std::optional(parsed->sent_by) : sip::parse_sent_by(via);
  const std::uint16_t port =
      sent_by && sent_by->port ? *sent_by->port : default_port(Transport::udp);
  if (parsed && !parsed->maddr.empty()) {
    const auto host = sip::parse_host(parsed->maddr);
    const auto ip = host ? host->ip() : std::nullopt;
    if (ip && !is_multicast(*ip) && !ip->is_unspecified()) return {*ip, port};
  }
  if (parsed && parsed->has_rport) return source;
  return {source.ip, port};
}

Endpoint answer_target_anew(std::string_view via, const Endpoint& source, Transport transport) {
  const auto sent_by = sip::parse_sent_by(via);
  return {source.ip, sent_by && sent_by->port ? *sent_by->port : default_port(transport)};
}

}  // namespace muster
