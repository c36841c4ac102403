#include "codec/cluster/error.h"

#include "base/check.h"

namespace muster::cluster {

std::string_view to_string(Error error) {
  switch (error) {
    case Error::bad_xml: return "bad_xml";
    case Error::not_cluster_document: return "not_cluster_document";
    case Error::wrong_namespace: return "wrong_namespace";
    case Error::not_understood: return "not_understood";
    case Error::too_big: return "too_big";
    case Error::too_many_servers: return "too_many_servers";
    case Error::too_many_candidates: return "too_many_candidates";
    case Error::too_many_users: return "too_many_users";
    case Error::too_many_changes: return "too_many_changes";
    case Error::pres_info_too_big: return "pres_info_too_big";
    case Error::missing: return "missing";
    case Error::duplicate: return "duplicate";
    case Error::bad_number: return "bad_number";
    case Error::bad_uri: return "bad_uri";
    case Error::bad_user_id: return "bad_user_id";
    case Error::bad_pres_type: return "bad_pres_type";
    case Error::bad_basic: return "bad_basic";
    case Error::contradictory: return "contradictory";
    case Error::wrong_entity: return "wrong_entity";
    case Error::bad_selector: return "bad_selector";
    case Error::bad_operation: return "bad_operation";
    case Error::no_target: return "no_target";
    case Error::version_gap: return "version_gap";
  }
  MUSTER_UNREACHABLE("an error is one of its enumerators");
}

Error error_of(ApplyError error) {
  switch (error) {
    case ApplyError::no_target: return Error::no_target;
    case ApplyError::bad_number: return Error::bad_number;
    case ApplyError::too_many_servers: return Error::too_many_servers;
    case ApplyError::too_many_candidates: return Error::too_many_candidates;
    case ApplyError::too_many_users: return Error::too_many_users;
    case ApplyError::contradictory: return Error::contradictory;
  }
  MUSTER_UNREACHABLE("an error is one of its enumerators");
}

}  // namespace muster::cluster
