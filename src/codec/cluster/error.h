// What can be wrong with a cluster document from another server. Whoever gets one of these as an
// answer to a subscription has lost its copy's thread: it asks for the full document.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/cluster/change.h"

namespace muster::cluster {

enum class Error : std::uint8_t {
  // Not well-formed XML, or not UTF-8, or with a DTD or entities, which are not read.
  bad_xml,

  // The root is none of <presence>, <pidf-full> and <pidf-diff>, or not the one asked for.
  not_cluster_document,

  // The root, or an element of the document, has the name but is of another namespace, or of
  // another version of ours.
  wrong_namespace,

  // An element that says it must be understood (RFC 3863 section 4.3.3), and is not.
  not_understood,

  // The limits of the same names. too_big: also what xml::Limits does not grant.
  too_big,
  too_many_servers,
  too_many_candidates,
  too_many_users,
  too_many_changes,
  pres_info_too_big,

  // An element or attribute that a document always has is not there.
  missing,

  // An element that there is once is there twice; so is a server, candidate, endpoint, list or
  // user.
  duplicate,

  // A number is negative, too large for what it is, or none.
  bad_number,

  // A server's id that is no SIP URI of a host, an endpoint that is no URI of its kind, or one of
  // more than kUriBytesMax.
  bad_uri,

  // A user that is no bare JID, a <pres-type> or <basic> that is none.
  bad_user_id,
  bad_pres_type,
  bad_basic,

  // What the document says twice is not the same: contradiction_of (model/cluster/document.h).
  contradictory,

  // Of partial documents: of another entity than the copy; a selector that is not one of ours; an
  // operation that its target does not have, or with other content than it takes.
  wrong_entity,
  bad_selector,
  bad_operation,

  // What is to be changed is not in the copy, or what is to be added is in it.
  no_target,

  // A document between this one and the last was lost (RFC 5263 section 4.5), or there was none.
  version_gap,
};

// The enumerator's own name, for logs and tests.
std::string_view to_string(Error error);

Error error_of(ApplyError error);

}  // namespace muster::cluster
