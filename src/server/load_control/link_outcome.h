// What comes of an input of Documents: values, in the order in which they are to be carried out.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "codec/cluster/error.h"
#include "codec/sip/status.h"
#include "model/cluster/document.h"
#include "server/cluster_port.h"
#include "server/load_control/document_fault.h"

namespace muster {

// One SIP message, for the link to that server.
struct SendOnLane {
  cluster::Incarnation to;
  std::string bytes;
};

// To be told to the operator: the first fault of that kind with that server.
struct DocumentRefused {
  cluster::Incarnation from;
  DocumentFault why = DocumentFault::no_message;
  std::string detail;  // of a document what is wrong with it; else empty, or a status
};

// Another server wants all users of this one: Documents::give_users.
struct UsersWanted {};

// All users of another server: as asked for by Documents::ask_users; or it did not tell them.
struct UsersCame {
  cluster::Incarnation of;
  cluster::UsersList list;
};
struct UsersFailed {
  cluster::Incarnation of;
};

// What came of Documents::invite(): 200, which Documents::confirm() or dismiss() is to follow; or
// the candidate does not come.
struct InviteAnswered {
  cluster::Incarnation candidate;
  sip::Status status = sip::Status::ok;
};
// This server was taken in by the main, which the store knows; it was let go again.
struct TakenIn {
  cluster::Incarnation by;
};
struct LetGoBy {
  cluster::Incarnation by;
};

using LinkOutcome = std::variant<SendOnLane, DocumentRefused, UsersWanted, UsersCame, UsersFailed,
                                 InviteAnswered, TakenIn, LetGoBy>;
using LinkOutcomes = std::vector<LinkOutcome>;

}  // namespace muster
