#include "server/load_control/invitation.h"

#include "codec/sip/uri.h"

namespace muster {
namespace {

constexpr std::string_view kSdpType = "application/sdp";

// RFC 4566 section 5: what must be there, and no media.
std::string sdp_of(std::string_view svr_id) {
  const auto uri = sip::parse_uri(svr_id);
  const bool ipv6 = uri && uri->host.kind == sip::HostKind::ipv6;
  std::string sdp = "v=0\r\no=- 0 0 IN ";
  sdp.append(ipv6 ? "IP6 " : "IP4 ").append(uri ? uri->host.text : std::string_view("localhost"));
  return sdp.append("\r\ns=-\r\nt=0 0\r\n");
}

}  // namespace

Invitation Invitation::invite(Instant now, LinkSip& sip, std::string_view self,
                              std::string_view candidate, std::string& out) {
  Invitation made;
  made.dialog_ = sip.begin_dialog(candidate);
  sip.begin(now, made.dialog_, sip::Method::invite, out).finish(kSdpType, sdp_of(self));
  return made;
}

std::optional<Invitation> Invitation::accept(LinkSip& sip, std::string_view self,
                                             const LinkMessage& invite, std::string& answer) {
  auto dialog = sip.accept_dialog(invite);
  if (!dialog) {
    sip.answer(invite, sip::Status::message_too_large, {}, answer).finish();
    return std::nullopt;
  }
  Invitation made;
  made.dialog_ = *std::move(dialog);
  sip::HeaderWriter rows = sip.answer(invite, sip::Status::ok, made.dialog_.local_tag, answer);
  sip.write_contact(rows);
  rows.finish(kSdpType, sdp_of(self));
  made.accepted_ = true;
  return made;
}

void Invitation::accepted(const LinkMessage& ok) {
  dialog_.learn(ok.essentials.to.tag());
  accepted_ = true;
}

void Invitation::confirm(Instant now, LinkSip& sip, std::string& out) {
  sip.begin(now, dialog_, sip::Method::ack, out).finish();
}

void Invitation::end(Instant now, LinkSip& sip, std::string& out) {
  ended_ = true;
  sip.begin(now, dialog_, sip::Method::bye, out).finish();
}

}  // namespace muster
