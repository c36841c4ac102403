#include "server/sip_presence/dialog.h"

#include "codec/sip/lexer.h"
#include "codec/sip/values.h"

namespace muster {
namespace {

std::uint32_t size_of(std::string_view text) {
  return static_cast<std::uint32_t>(text.size());
}

std::size_t kept_bytes(const sip::Message& request, std::string_view target) {
  std::size_t bytes = target.size();
  for (const auto name : {sip::HeaderName::from, sip::HeaderName::to, sip::HeaderName::call_id,
                          sip::HeaderName::record_route}) {
    for (const std::string_view value : request.rows(name))
      bytes += value.size();
  }
  return bytes;
}

}  // namespace

std::optional<Dialog> Dialog::begin(const Request& request, std::string_view target,
                                    std::string_view local_tag, std::string_view contact_row,
                                    std::string_view own_rows, std::size_t bytes_max) {
  const sip::Message& message = request.message;
  const auto cseq = sip::parse_cseq(message.header(sip::HeaderName::cseq).value_or(""));
  const std::string_view call_id = message.header(sip::HeaderName::call_id).value_or("");
  const std::size_t bytes = kept_bytes(message, target);
  if (!cseq || bytes > bytes_max) return std::nullopt;
  Dialog dialog;
  dialog.target_ = target;
  dialog.remote_cseq_ = cseq->number;
  std::string& text = dialog.text_;
  text.reserve(bytes + contact_row.size() + own_rows.size() + local_tag.size() + 64);
  dialog.append_route(message);
  text.append("From: ");
  sip::append_unfolded(text, message.header(sip::HeaderName::to).value_or(""));
  text.append(";tag=");
  dialog.local_tag_at_ = size_of(text);
  dialog.local_tag_bytes_ = size_of(local_tag);
  text.append(local_tag).append("\r\nTo: ");
  const std::size_t to_at = text.size();
  sip::append_unfolded(text, message.header(sip::HeaderName::from).value_or(""));
  // Any place that says the same will do.
  const std::string_view remote_tag = request.from.tag();
  dialog.remote_tag_at_ = static_cast<std::uint32_t>(text.find(remote_tag, to_at));
  dialog.remote_tag_bytes_ = size_of(remote_tag);
  text.append("\r\nCall-ID: ");
  dialog.call_id_at_ = size_of(text);
  dialog.call_id_bytes_ = size_of(call_id);
  text.append(call_id).append("\r\nMax-Forwards: 70\r\n");
  dialog.contact_at_ = size_of(text);
  dialog.contact_bytes_ = size_of(contact_row);
  text.append(contact_row).append(own_rows);
  text.shrink_to_fit();
  return dialog;
}

// The route set, in the order of Record-Route. A first hop without lr is a strict router: it is
// the Request-URI, and the target goes last (section 12.2.1.1).
void Dialog::append_route(const sip::Message& request) {
  bool first = true;
  std::string rows;
  for (const std::string_view value : request.values(sip::HeaderName::record_route)) {
    const auto hop = sip::parse_name_addr(value);
    if (first && hop && !hop->uri.has_param("lr")) {
      text_ = hop->uri.text.substr(0, hop->uri.text.find('?'));
      router_bytes_ = size_of(text_);
    } else {
      sip::append_unfolded(rows.append("Route: "), value);
      rows.append("\r\n");
    }
    first = false;
  }
  text_.append(rows);
}

bool Dialog::has(const Request& request) const {
  return request.to.tag() == local_tag() &&
         request.from.tag() == text_view(remote_tag_at_, remote_tag_bytes_) &&
         request.message.header(sip::HeaderName::call_id) == text_view(call_id_at_, call_id_bytes_);
}

bool Dialog::takes(std::uint32_t cseq) {
  if (cseq <= remote_cseq_) return false;
  remote_cseq_ = cseq;
  return true;
}

void Dialog::append_rows(std::string& out, sip::Method method) {
  out.append(text_, router_bytes_);
  if (router_bytes_ != 0) out.append("Route: <").append(target_).append(">\r\n");
  out.append("CSeq: ");
  append_number(out, ++cseq_);
  out.append(1, ' ').append(sip::text_of(method)).append("\r\n");
}

}  // namespace muster
