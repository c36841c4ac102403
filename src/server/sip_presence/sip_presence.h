// SIP presence processing (paper, section 3.1): the user agent server of this shard's users.
//
// It takes each request that sip_message has checked and proved, and answers it exactly once, at
// once or when presence_db, the recipient's shard or a phone has answered. By subject:
//   registrations    registrar.h      REGISTER: RFC 3261 section 10, RFC 5626, RFC 3327
//   subscriptions    subscriptions.h  SUBSCRIBE and NOTIFY: RFC 6665, RFC 3856
//   publications     publications.h   PUBLISH: RFC 3903
//   page messages    page_messages.h  MESSAGE: RFC 3428
// Here is what they share: who is meant, and what is said to all other requests (RFC 3261 sections
// 8.2 and 11.2; sip_message has refused before what is wrong whatever it means):
//   a dialog or usage that nobody can have here (BYE, INFO, NOTIFY, ...)   481
//   other methods                                                          405 with Allow
//   a Request-URI that names no user, where one is needed                  404
//   a body that nobody asked for, unless it is optional                    415
//   while it stops                                                         503 with Retry-After
//
// Nobody is told that something is done before presence_db said so. A store that fails is a 500
// with Retry-After.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "server/outbox.h"
#include "server/ports.h"
#include "server/shard.h"
#include "server/sip_presence/page_messages.h"
#include "server/sip_presence/publications.h"
#include "server/sip_presence/registrar.h"
#include "server/sip_presence/request.h"
#include "server/sip_presence/subscriptions.h"

namespace muster {

class SipPresence {
 public:
  explicit SipPresence(Shard& shard)
      : shard_(shard),
        registrar_(shard),
        subscriptions_(shard),
        publications_(shard),
        page_messages_(shard, registrar_) {}

  void on(Now now, const SipRequestReceived& received, Outbox& out);
  void on(Now now, const SipRequestEnded& ended, Outbox& out);
  void on(Now now, const FlowLost& lost, Outbox& out);
  void on(Now now, const ServerGone& gone, Outbox& out);
  void on(Now now, const PublishAnswered& answered, Outbox& out);
  void on(Now now, const PageMessage& message, Outbox& out);
  void on(Now now, const PageMessageAnswered& answered, Outbox& out);
  void on(Now now, const MessageDelivered& delivered, Outbox& out);
  void on(Now now, const AccountGone& gone, Outbox& out);
  // Of a user who moves to another server (design, "Moving users").
  void on(Now now, const UserLeaves& leaves, Outbox& out);
  void on(Now now, const UserHasLeft& left, Outbox& out);
  void on(Now now, const UserServed& served, Outbox& out);
  void on(Now now, const PhoneRegisters& registers, Outbox& out);
  void on(Now now, const WatchDecided& decided, Outbox& out);
  void on(Now now, const WatchesNotified& notified, Outbox& out);
  // Each watcher is told that her subscription ends; from now on requests are refused.
  void on(Now now, const StopAsked& stop, Outbox& out);
  void on(Now now, const LifeOver& over, Outbox& out);

  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;

  // Nobody waits for an answer, and no subscription is left: after StopAsked, all are answered or
  // given up.
  bool idle() const;

  std::size_t subscriptions() const { return subscriptions_.size(); }

 private:
  void process(Now now, const Request& request, Outbox& out);
  bool accept_method(const sip::Message& message, SipRequestId id, Outbox& out) const;
  bool accept(const Request& request, Outbox& out) const;

  Shard& shard_;
  Registrar registrar_;
  Subscriptions subscriptions_;
  Publications publications_;
  PageMessages page_messages_;
  bool stopping_ = false;
};

}  // namespace muster
