// A subscription of another server's, as the notifier keeps it (RFC 6665 section 4.2): its dialog
// and its time. What it is told of is its owner's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "server/load_control/link_sip.h"

namespace muster {

// Why it ends (RFC 6665 section 4.1.3).
enum class SubscriptionEnd : std::uint8_t {
  timeout,      // its time is over, or its subscriber has ended it
  deactivated,  // somebody else notifies of it now
  noresource,   // what it is about ends
  invariant,    // all is told, and will not change
};

class LinkSubscription {
 public:
  // The answer to a SUBSCRIBE that begins it: 200, or 513 and nothing if it would keep too much.
  // The time, in seconds, may be 0: that asks for one notification only (section 4.4.3).
  static std::optional<LinkSubscription> begin(Instant now, LinkSip& sip,
                                               const LinkMessage& request, std::string& answer);

  bool has(const sip::Essentials& request) const { return dialog_.has(request); }
  bool has(std::string_view call_id) const { return dialog_.call_id == call_id; }

  // A SUBSCRIBE in its dialog: 200, or what is wrong.
  std::optional<DocumentFault> refresh(Instant now, LinkSip& sip, const LinkMessage& request,
                                       std::string& answer);

  void end(SubscriptionEnd why) {
    if (!ended_) ended_ = why;
  }
  bool live() const { return !ended_.has_value(); }
  // Its subscriber may still hear how things are.
  bool may_be_told() const { return live() || ended_ == SubscriptionEnd::timeout; }
  Instant expires() const { return expires_; }

  // Never more than one NOTIFY is unanswered (RFC 5263 section 4.4).
  bool in_flight() const { return in_flight_; }
  // Writes the next NOTIFY: without a body, or a partial document.
  void write_notify(Instant now, LinkSip& sip, std::string_view body, std::string& out);
  // It is answered. False if the subscription is gone (section 4.2.2).
  bool answered(sip::Status status);

 private:
  LinkDialog dialog_;
  std::string event_;  // the value of its Event row
  Instant expires_;
  std::optional<SubscriptionEnd> ended_;
  bool in_flight_ = false;
};

// How a SUBSCRIBE, in a dialog or not, is refused by what it says: 489, 406, 423, or 400 where it
// has no Contact. Answered, if there is a fault.
std::optional<DocumentFault> refuse_subscribe(LinkSip& sip, const LinkMessage& request,
                                              std::string& answer);

}  // namespace muster
