#include "server/load_control/document_fault.h"

#include "base/check.h"

namespace muster {

std::string_view to_string(DocumentFault fault) {
  switch (fault) {
    case DocumentFault::no_message: return "no_message";
    case DocumentFault::stray_answer: return "stray_answer";
    case DocumentFault::bad_request: return "bad_request";
    case DocumentFault::too_large: return "too_large";
    case DocumentFault::bad_method: return "bad_method";
    case DocumentFault::bad_extension: return "bad_extension";
    case DocumentFault::stranger: return "stranger";
    case DocumentFault::unknown_server: return "unknown_server";
    case DocumentFault::bad_event: return "bad_event";
    case DocumentFault::unwanted_type: return "unwanted_type";
    case DocumentFault::unknown_resource: return "unknown_resource";
    case DocumentFault::not_main: return "not_main";
    case DocumentFault::brief_interval: return "brief_interval";
    case DocumentFault::no_subscription: return "no_subscription";
    case DocumentFault::no_candidate: return "no_candidate";
    case DocumentFault::too_many_unanswered: return "too_many_unanswered";
    case DocumentFault::out_of_order: return "out_of_order";
    case DocumentFault::bad_document: return "bad_document";
    case DocumentFault::foreign_document: return "foreign_document";
    case DocumentFault::old_epoch: return "old_epoch";
    case DocumentFault::lost_thread: return "lost_thread";
    case DocumentFault::not_answered: return "not_answered";
    case DocumentFault::subscribe_refused: return "subscribe_refused";
    case DocumentFault::notify_refused: return "notify_refused";
    case DocumentFault::document_too_large: return "document_too_large";
    case DocumentFault::too_many_servers: return "too_many_servers";
  }
  MUSTER_UNREACHABLE("a fault is one of its enumerators");
}

}  // namespace muster
