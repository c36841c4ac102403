// XMPP/SIP conversion (paper, section 3.1): turns presence and messages of one kind into the other.
// RFC 8048 (presence), RFC 7572 (messages), RFC 7247 (addresses and errors); where they leave it
// open, docs/adr/0005-conversion.md.
//
// It knows nothing of users and keeps nothing from one event to the next: each is answered in the
// same step, whatever it holds. What it says and its limits are in compose.h (DocumentWanted),
// resources.h (TuplesToConvert) and page_message.h (messages).
#pragma once

#include "server/conversion/parsers.h"
#include "server/outbox.h"
#include "server/shard.h"

namespace muster {

class Conversion {
 public:
  explicit Conversion(Shard& shard)
      : shard_(shard), parsers_(shard.settings.limits, shard.prng.next()) {}

  void on(Now now, const DocumentWanted& wanted, Outbox& out);
  void on(Now now, const TuplesToConvert& tuples, Outbox& out);
  void on(Now now, const MessageToSip& message, Outbox& out);
  void on(Now now, const MessageToXmpp& message, Outbox& out);
  void on(Now now, const PageMessageRefused& refused, Outbox& out);

 private:
  void tell_sender(const Address& sender, const Address& recipient, std::string_view id,
                   StanzaError why, std::string_view text, Outbox& out);

  Shard& shard_;
  Parsers parsers_;
};

}  // namespace muster
