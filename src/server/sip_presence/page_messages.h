// MESSAGE (RFC 3428): page-mode messages from and to the SIP users of this shard.
//
// On the sender's home shard a MESSAGE is checked and carried to the recipient's (PageMessage), and
// answered with what comes back (PageMessageAnswered). On the recipient's it goes to each of her
// phones and, if it came by SIP, to conversion for her XMPP sessions; one that takes it is enough
// for a 200 (RFC 7572 section 5: not 202). A message that came by XMPP goes to the phones alone,
// and is refused if they and the sessions that xmpp_presence tried let it lie; while sessions may
// yet not handle it, xmpp_presence hears what the phones did with it.
//
// A phone gets one message at a time, the others wait in line: RFC 3428 section 8 wants that of
// each who sends, and it keeps them in order over UDP. A phone with outbound that is not reached
// over its latest flow is tried over the one before (RFC 5626 section 7).
//
// What the RFCs leave open:
//   nobody is there              480, and also for a user that does not exist: this module does not
//                                know which it is, and strangers need not. 404 is for who can be no
//                                user of ours
//   several refusals             the best by RFC 3261 section 16.7 step 6; those that only make
//                                sense with header fields that are not ours to copy become 480
//   Expires (RFC 3428 section 7) messages are never stored; it goes along, with its Date, and a
//                                message that is late already is for the phone to mark as such
//
// Limits: page_message_bytes_max (413), page_messages_waiting_max of one phone (480) of Limits; a
// SIP sender has an answer within kAnswerTimeMax (480), before her own transaction gives up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/deadlines.h"
#include "base/slot_table.h"
#include "base/time.h"
#include "base/unordered.h"
#include "server/outbox.h"
#include "server/shard.h"
#include "server/sip_presence/registrar.h"
#include "server/sip_presence/request.h"

namespace muster {

class PageMessages {
 public:
  // RFC 3261 section 17.1.2.2: Timer F of the sender is 32 seconds.
  static constexpr Duration kAnswerTimeMax = Duration::seconds(20);

  PageMessages(Shard& shard, const Registrar& registrar) : shard_(shard), registrar_(registrar) {}

  // A MESSAGE.
  void message(Now now, const Request& request, Outbox& out);

  void on(Now now, const PageMessageAnswered& answered, Outbox& out);
  void on(Now now, const PageMessage& message, Outbox& out);
  void on(Now now, const MessageDelivered& delivered, Outbox& out);
  // The end of a MESSAGE to a phone.
  void on(Now now, const SipRequestEnded& ended, Outbox& out);

  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const { return deadlines_.next(); }

  // Requests of senders here, and messages to recipients here, that are not answered.
  std::size_t waiting() const { return asked_ + deliveries_.size(); }

 private:
  struct DeliveryTag;
  using DeliveryId = SlotId<DeliveryTag>;

  struct Delivery {
    PageMessage message;
    std::string rows;  // of each MESSAGE, but for its Route
    SharedText body;
    std::uint32_t phones = 0;  // that were asked and have not answered
    bool tried = false;        // there were phones to ask
    bool sessions = false;     // XMPP sessions were asked and have not answered
    bool told = false;         // who waits for it knows what became of it
    std::uint16_t best = 0;    // of the final answers; 0: none yet
    Instant deadline;
  };

  // A delivery's turn at a phone.
  struct Turn {
    DeliveryId delivery;
    std::string phone;
    std::uint64_t age = 0;  // of the binding
  };
  // What waits for one binding, by its number; the first is under way.
  struct Line {
    Address account;
    std::deque<Turn> turns;
  };

  bool read_text(const Request& request, PageMessageText& text, Outbox& out) const;
  std::string rows_of(Now now, const PageMessage& message);
  void stand_in_line(DeliveryId id, const Binding& binding, Outbox& out);
  void send(std::uint64_t number, const Binding& binding, const Turn& turn, Outbox& out);
  void next_in_line(std::uint64_t number, Outbox& out);
  void turn_failed(const Turn& turn, const Address& account, std::uint16_t status, Outbox& out);
  void count(DeliveryId id, std::uint16_t status, Outbox& out);
  void settle(DeliveryId id, Outbox& out);
  void tell(Delivery& delivery, std::uint16_t status, Outbox& out);

  Shard& shard_;
  const Registrar& registrar_;
  std::size_t asked_ = 0;
  SlotTable<Delivery, DeliveryTag> deliveries_;
  UnorderedMap<std::uint64_t, Line> lines_;
  Deadlines<DeliveryId> deadlines_;
};

}  // namespace muster
