// The states of a stream, and what each first-level element is answered with in each of them: the
// stream negotiation of RFC 6120 section 4.3, as tables.
//
//   opening -> negotiating -> starting_tls -> opening         (STARTTLS, section 5)
//   opening -> opening, secure                                (direct TLS, XEP-0368)
//   negotiating -> registering -> negotiating                 (XEP-0077)
//   negotiating -> asking_sasl <-> challenged                 (SASL, section 6)
//   asking_sasl -> reopening -> binding -> awaiting_binding -> bound      (section 7, XEP-0198)
//   asking_sasl -> placing -> reopening              (one of many servers: whose user is she?)
//                  placing -> relaying -> relayed   (another's, and she does not go there)
//
// A stream that ends is forgotten at once; the driver sees to its last bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"

namespace muster {

enum class StreamState : std::uint8_t {
  opening,           // awaits a stream header
  negotiating,       // features sent: STARTTLS, SASL or registration
  starting_tls,      // until TlsStarted
  asking_sasl,       // until SaslAnswered
  challenged,        // awaits <response/>
  registering,       // until RegistrationAnswered
  placing,           // authenticated; until StreamPlaced
  reopening,         // authenticated: awaits the new stream's header
  binding,           // features sent: resource binding, resumption
  awaiting_binding,  // until BindGranted, BindRefused, ResumeGranted or ResumeRefused
  bound,
  relaying,  // another server has all but the link, and has sent nothing
  relayed,   // its header was sent
};
inline constexpr std::size_t kStreamStates = 13;

struct StreamStateTraits {
  std::string_view name;
  bool barred;         // what the peer sends waits until the state is left
  bool header_sent;    // by us, on the stream as it now is
  bool authenticated;  // it is known whose it is
};
inline constexpr std::array<StreamStateTraits, kStreamStates> kStreamStateTraits = {{
    {"opening", false, false, false},
    {"negotiating", false, true, false},
    {"starting_tls", true, true, false},
    {"asking_sasl", true, true, false},
    {"challenged", false, true, false},
    {"registering", true, true, false},
    {"placing", true, false, true},
    {"reopening", false, false, true},
    {"binding", false, true, true},
    {"awaiting_binding", true, true, true},
    {"bound", false, true, true},
    {"relaying", false, false, true},
    {"relayed", false, true, true},
}};
constexpr const StreamStateTraits& traits_of(StreamState state) {
  return kStreamStateTraits[static_cast<std::size_t>(state)];
}

constexpr bool is_elsewhere(StreamState state) {
  return state == StreamState::relaying || state == StreamState::relayed;
}

// What a first-level element is to stream processing.
enum class ElementKind : std::uint8_t {
  starttls,
  sasl_auth,
  sasl_response,
  sasl_abort,
  sasl_other,
  stanza,  // message, presence or iq
  stream_error,
  server_content,  // of jabber:server, which no stream of ours carries
  sm_enable,       // of stream management (XEP-0198)
  sm_resume,
  sm_ack,  // <a/> or <r/>
  unknown,
};
inline constexpr std::size_t kElementKinds = 12;

enum class ElementAction : std::uint8_t {
  start_tls,
  refuse_tls,  // <failure/>, and the stream's end (section 5.4.2.2)
  begin_sasl,
  continue_sasl,
  abort_sasl,
  malformed_sasl,       // <malformed-request/> (section 6.5.8)
  take_before_login,    // registration, else as not_authorized
  take_before_binding,  // binding, registration, else as not_authorized
  deliver,
  hang_up,  // the peer reported a stream error (section 4.9.1.1)
  enable_management,
  resume_session,
  take_ack,
  refuse_management,  // <failed/>: not now (XEP-0198 section 3)
  not_authorized,     // the stream errors of sections 4.9.3.12, .10 and .24
  invalid_namespace,
  unsupported_stanza_type,
};

// In a state that reads elements. Before authentication, whatever is not negotiation is
// not-authorized (section 4.9.3.12); a namespace that no feature brought in is not ours to
// understand afterwards (4.9.3.24). STARTTLS comes before SASL or not at all (section 5.3.4).
constexpr ElementAction action_of(StreamState state, ElementKind kind) {
  using enum ElementAction;
  using Row = std::array<ElementAction, kElementKinds>;
  constexpr Row kNegotiating = {start_tls,         begin_sasl,        malformed_sasl,
                                abort_sasl,        malformed_sasl,    take_before_login,
                                hang_up,           invalid_namespace, refuse_management,
                                refuse_management, not_authorized,    not_authorized};
  constexpr Row kChallenged = {refuse_tls,        begin_sasl,        continue_sasl,
                               abort_sasl,        malformed_sasl,    not_authorized,
                               hang_up,           invalid_namespace, refuse_management,
                               refuse_management, not_authorized,    not_authorized};
  constexpr Row kBinding = {refuse_tls,     not_authorized,    not_authorized,
                            not_authorized, not_authorized,    take_before_binding,
                            hang_up,        invalid_namespace, refuse_management,
                            resume_session, refuse_management, unsupported_stanza_type};
  constexpr Row kBound = {refuse_tls,        not_authorized,    not_authorized,
                          not_authorized,    not_authorized,    deliver,
                          hang_up,           invalid_namespace, enable_management,
                          refuse_management, take_ack,          unsupported_stanza_type};
  const auto column = static_cast<std::size_t>(kind);
  switch (state) {
    case StreamState::negotiating: return kNegotiating[column];
    case StreamState::challenged: return kChallenged[column];
    case StreamState::binding: return kBinding[column];
    case StreamState::bound: return kBound[column];
    default: MUSTER_UNREACHABLE("only these states read elements");
  }
}

}  // namespace muster
