// How the main takes a candidate in (paper, figure 4, steps 4 and 5): one dialog of INVITE between
// two servers, over the link that they keep, of which this is one end. Its SDP has no media (RFC
// 4566 section 5): the dialog means that the candidate is one of the service, and nothing else.
//
//   main                       candidate
//    |---------- INVITE --------->|   it waits to be taken in, and sees the sender as main: 200
//    |<----------- 200 -----------|
//    |  the store has its role: it runs
//    |----------- ACK ----------->|   it subscribes to the service's document
//    |            ...             |
//    |  it has nobody any more, and its role says so
//    |----------- BYE ----------->|   it waits again
//    |<----------- 200 -----------|
//
// Who runs is said by the store alone; a dialog that is lost with its link changes nobody's role,
// and who was taken in by an earlier main is let go without BYE.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "server/load_control/link_sip.h"

namespace muster {

class Invitation {
 public:
  // The main's end: INVITE, appended to `out`, to the server with that SIP URI; `self` is ours.
  static Invitation invite(Instant now, LinkSip& sip, std::string_view self,
                           std::string_view candidate, std::string& out);
  // The candidate's: answers the INVITE by 200, or what it would keep by 513, and there is none.
  static std::optional<Invitation> accept(LinkSip& sip, std::string_view self,
                                          const LinkMessage& invite, std::string& answer);

  // Whether an answer, or a request, is of this dialog.
  bool has(std::string_view call_id) const { return dialog_.call_id == call_id; }
  bool has(const sip::Essentials& request) const { return dialog_.has(request); }

  // The answer to INVITE came: 200.
  void accepted(const LinkMessage& ok);
  bool is_accepted() const { return accepted_; }
  // ACK, and BYE, appended to `out`.
  void confirm(Instant now, LinkSip& sip, std::string& out);
  void end(Instant now, LinkSip& sip, std::string& out);
  bool has_ended() const { return ended_; }
  // The main waits no longer: if 200 comes after all it is confirmed, and ended at once.
  bool given_up = false;

  // The candidate's: a request of the dialog. False if it is not in order.
  bool takes(const LinkMessage& request) { return dialog_.takes(request); }
  bool is_confirmed_by(const LinkMessage& ack) const {
    return ack.essentials.cseq.number == dialog_.remote_cseq;
  }

 private:
  LinkDialog dialog_;
  bool accepted_ = false;
  bool ended_ = false;
};

}  // namespace muster
