// What can be wrong with what another server sends about the cluster document, or with what it
// answers. Each is counted, and told to the operator once for each server and kind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace muster {

enum class DocumentFault : std::uint8_t {
  // --- what comes in. Where it is a request it is answered by the status beside it.
  no_message,        // nothing that can be answered
  stray_answer,      // to nothing that was asked, or to what was answered already: passed over
  bad_request,       // 400, 505 and what else codec/sip/check.h finds
  too_large,         // 413: the body; 513: what a subscription would make us keep
  bad_method,        // 405: of ours, but not asked here; 501: any other
  bad_extension,     // 420: it requires what we have none of
  stranger,          // 403: it says that it comes from another server than the link does
  unknown_server,    // 480: our directory does not know it yet
  bad_event,         // 489
  unwanted_type,     // 406: it accepts no application/pidf-diff+xml; 415: it sends something else
  unknown_resource,  // 404
  not_main,          // 302 to the main; 480 where nobody is
  brief_interval,    // 423
  no_subscription,   // 481: no such subscription, or no such dialog
  no_candidate,      // 486: an INVITE to a server that does not wait to be taken in
  too_many_unanswered,  // 503: a subscription, while the peer answers nothing
  out_of_order,         // 500: a CSeq that is not above the last (RFC 3261 section 12.2.2)
  // A document that cannot be read or contradicts itself: 400; beyond a limit: 413.
  bad_document,
  // One that says what another server has to say, or is of another entity: 403.
  foreign_document,
  // One by a main that is main no more: 403.
  old_epoch,
  // The thread of partial documents is lost: answered by 200, and the full document asked for (RFC
  // 5263 section 4.5).
  lost_thread,

  // --- what we asked
  not_answered,       // within the time for it
  subscribe_refused,  // a SUBSCRIBE of ours
  notify_refused,     // a NOTIFY of ours
  // --- what we would say
  document_too_large,  // a full document that no other server would read: it is not sent
  too_many_servers,    // that run: those above the limit are not in the document
};

inline constexpr std::size_t kDocumentFaults =
    static_cast<std::size_t>(DocumentFault::too_many_servers) + 1;

// The enumerator's own name.
std::string_view to_string(DocumentFault fault);

struct DocumentCounters {
  std::uint64_t notifies_sent = 0;
  std::uint64_t notifies_taken = 0;  // whose document was taken
  std::array<std::uint64_t, kDocumentFaults> faults{};

  std::uint64_t of(DocumentFault fault) const { return faults[static_cast<std::size_t>(fault)]; }
};

}  // namespace muster
