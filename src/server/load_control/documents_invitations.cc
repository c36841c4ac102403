// The part of Documents that takes candidates in and lets servers go, and is taken in (invitation.h
// has the picture).

#include <string>
#include <utility>

#include "codec/sip/media.h"
#include "server/load_control/documents.h"
#include "server/load_control/subscription_rows.h"

namespace muster {
namespace {

using cluster::Incarnation;
using sip::HeaderName;
using sip::Method;
using sip::Status;

constexpr std::string_view kSdp = "application/sdp";

bool brings_sdp(const sip::Message& invite) {
  if (invite.body().empty()) return true;
  const auto value = invite.header(HeaderName::content_type);
  const auto type = value ? sip::parse_media_type(*value) : std::nullopt;
  return type && type->is("application", "sdp");
}

}  // namespace

// --- the main ------------------------------------------------------------------------------------

void Documents::invite(Instant now, Incarnation candidate) {
  const auto peer = peers_.find(candidate);
  // One that was accepted is of an earlier time as main.
  if (peer != peers_.end() && peer->second.invitation && peer->second.invitation->is_accepted()) {
    peer->second.invitation.reset();
  }
  if (peer == peers_.end() || peer->second.svr_id.empty() || peer->second.invitation) {
    outcomes_.emplace_back(InviteAnswered{candidate, Status::temporarily_unavailable});
    return;
  }
  std::string bytes;
  peer->second.invitation =
      Invitation::invite(now, links_.at(candidate), link_self_.svr_id, peer->second.svr_id, bytes);
  send(candidate, std::move(bytes));
}

void Documents::confirm(Instant now, Incarnation candidate) {
  const auto peer = peers_.find(candidate);
  if (peer == peers_.end() || !peer->second.invitation) return;
  std::string bytes;
  peer->second.invitation->confirm(now, links_.at(candidate), bytes);
  send(candidate, std::move(bytes));
}

void Documents::dismiss(Instant now, Incarnation server) {
  const auto peer = peers_.find(server);
  if (peer == peers_.end() || !peer->second.invitation) return;
  Invitation& invitation = *peer->second.invitation;
  if (!invitation.is_accepted()) {
    invitation.given_up = true;
    return;
  }
  std::string bytes;
  if (!invitation.has_ended()) invitation.end(now, links_.at(server), bytes);
  send(server, std::move(bytes));
}

// True: it was of an invitation of ours.
bool Documents::take_invite_answer(Instant now, Incarnation from, Peer& peer,
                                   const LinkSip::Answer& answer) {
  if (!peer.invitation || !peer.invitation->has(answer.call_id)) return false;
  if (!sip::is_final(answer.status)) return true;
  Invitation& invitation = *peer.invitation;
  if (answer.method == Method::bye) {
    peer.invitation.reset();
  } else if (!sip::is_success(answer.status)) {
    const bool given_up = invitation.given_up;
    peer.invitation.reset();
    if (!given_up) outcomes_.emplace_back(InviteAnswered{from, answer.status});
  } else if (invitation.accepted(read_); invitation.given_up) {
    confirm(now, from);
    dismiss(now, from);
  } else {
    outcomes_.emplace_back(InviteAnswered{from, answer.status});
  }
  return true;
}

// --- the candidate -------------------------------------------------------------------------------

void Documents::take_invite(Incarnation from, Peer& peer, LinkSip& sip, std::string& answer) {
  const std::string_view tag = read_.essentials.to.tag();
  const cluster::Member* const self = member(self_);
  if (!tag.empty()) {
    // There is nothing in this dialog that another INVITE could change (RFC 3261 section 14.2).
    const bool known = peer.invitation && peer.invitation->has(read_.essentials);
    const Status status = known ? Status::not_acceptable_here : Status::call_does_not_exist;
    sip.answer(read_, status, tag, answer).finish();
    return fault(from, known ? DocumentFault::bad_request : DocumentFault::no_subscription);
  }
  if (from != directory_.main) {
    sip.answer(read_, Status::temporarily_unavailable, {}, answer)
        .row(HeaderName::retry_after, kRetryAfterSeconds)
        .finish();
    return fault(from, DocumentFault::not_main, "480");
  }
  if (self == nullptr || self->role != cluster::Role::standby || leaving_) {
    sip.answer(read_, Status::busy_here, {}, answer).finish();
    return fault(from, DocumentFault::no_candidate);
  }
  if (!brings_sdp(read_.message)) {
    sip.answer(read_, Status::unsupported_media_type, {}, answer)
        .row(HeaderName::accept, kSdp)
        .finish();
    return fault(from, DocumentFault::unwanted_type);
  }
  if (contact_of(read_).empty()) {
    sip.answer(read_, Status::bad_request, {}, answer).finish();
    return fault(from, DocumentFault::bad_request);
  }
  auto made = Invitation::accept(sip, link_self_.svr_id, read_, answer);
  if (!made) return fault(from, DocumentFault::too_large);
  peer.invitation = *std::move(made);
}

// An ACK of nothing is passed over, for it is never answered.
void Documents::take_ack(Incarnation from, const Peer& peer) {
  if (!peer.invitation || !peer.invitation->has(read_.essentials) ||
      !peer.invitation->is_confirmed_by(read_)) {
    return fault(from, DocumentFault::stray_answer);
  }
  joined_ = true;
  outcomes_.emplace_back(TakenIn{from});
}

void Documents::take_bye(Incarnation from, Peer& peer, LinkSip& sip, std::string& answer) {
  const std::string_view tag = read_.essentials.to.tag();
  const bool known = peer.invitation && peer.invitation->has(read_.essentials);
  if (!known) {
    sip.answer(read_, Status::call_does_not_exist, tag, answer).finish();
    return fault(from, DocumentFault::no_subscription);
  }
  if (!peer.invitation->takes(read_)) {
    sip.answer(read_, Status::server_internal_error, tag, answer).finish();
    return fault(from, DocumentFault::out_of_order);
  }
  sip.answer(read_, Status::ok, tag, answer).finish();
  peer.invitation.reset();
  joined_ = false;
  outcomes_.emplace_back(LetGoBy{from});
}

}  // namespace muster
