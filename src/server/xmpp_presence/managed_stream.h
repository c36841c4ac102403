// What a session keeps that enabled stream management (XEP-0198): how many stanzas it sent and got,
// and those that it has not acknowledged. It outlives the stream if the session does.
//
// A stanza is kept as it was made: presence as the texts that all its recipients share, a message
// or an iq request with what it takes to send it another way, and those that the server made itself
// as text. So presence costs an entry of this table for each session, and no copy.
//
// Limits are the business of who fills it (Limits::unacknowledged_stanzas_max, _bytes_max).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/address.h"
#include "server/vocabulary.h"
#include "server/xmpp_events.h"

namespace muster {

// A message, or an iq request, that one session or several were sent; a message perhaps also the
// phones of the account, which are one holder together. If none of them handles it, the last one to
// go sees to it that it is not lost.
struct InTransit {
  StanzaForUser stanza;
  UnixTime since;
  std::uint32_t holders = 0;  // who may still handle it
  bool handled = false;       // by one of them, as far as is known
};

struct Unacknowledged {
  // The texts of a presence are its fan-out's. Each session that keeps them counts this part of
  // them, for how many do is not known; of a text beyond kSharedBytesMax, which few could hold a
  // shard full of, each counts the whole.
  static constexpr std::size_t kSharedPart = 4;
  static constexpr std::size_t kSharedBytesMax = 1'024;

  SharedText before;        // of a presence, up to the recipient; or all of a stanza
  SharedText after;         // of a presence
  bool to_session = false;  // the recipient of a presence: the session, or its account
  std::uint32_t bytes = 0;  // as it was sent
  std::shared_ptr<InTransit> transit;

  // About what it costs to keep this one.
  std::size_t own_bytes() const;
};

class ManagedStream {
 public:
  // --- what the client sent
  void take_stanza() { ++handled_; }
  std::uint32_t handled() const { return handled_; }

  // The stanza taken last, of this number, asks for what is to be stored; and it was, or could not
  // be. As many wait at most as the store takes questions.
  std::uint32_t note_unstored();
  void note_stored(std::uint32_t stanza);
  // So many of them need not be sent again, whatever becomes of this server: those before the first
  // that is not stored yet, and of which the client was not told.
  std::uint32_t safe() const;
  // The client was told that all are handled: none can be taken back.
  void note_told_all();
  // It has asked what is handled, and was told less, because some of it is not stored yet.
  bool owes_ack = false;

  // --- what it was sent
  void keep(Unacknowledged stanza);
  // Forgets what the client says that it handled: `handled` counts from the beginning, modulo 2^32
  // (section 4). False, and nothing is changed, if it was not sent as many: or if it said more
  // before, which looks the same.
  [[nodiscard]] bool acknowledge(std::uint32_t handled);
  std::uint32_t sent() const { return sent_; }
  const std::vector<Unacknowledged>& unacknowledged() const { return unacknowledged_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t own_bytes() const { return own_bytes_; }

  // --- asking the client what it handled: once, until it answers
  void note_asked();
  bool awaits_ack() const { return awaits_ack_; }
  // Sent since then; and whether a message or a request is among it, which somebody waits for.
  std::uint32_t unasked() const { return sent_ - asked_; }
  std::size_t unasked_bytes() const { return unasked_bytes_; }
  bool somebody_waits() const { return somebody_waits_; }

  // --- having too much
  // Until when it is to have less than it had when it was given that time.
  std::optional<Instant> acks_by;
  std::size_t bytes_given_time = 0;
  bool overran = false;  // and its owner is about to look at it

  // --- resumption (section 5); an empty id: there is none
  std::string id;
  Duration resumable_for;
  std::optional<Instant> ends_at;  // while there is no link

 private:
  std::uint32_t handled_ = 0;
  std::vector<std::uint32_t> unstored_;  // their numbers
  std::size_t settled_ = 0;  // of these, the first: they are stored, and not removed yet
  std::uint32_t sent_ = 0;
  std::uint32_t asked_ = 0;
  bool awaits_ack_ = false;
  bool somebody_waits_ = false;
  std::size_t unasked_bytes_ = 0;
  std::size_t bytes_ = 0;
  std::size_t own_bytes_ = 0;
  std::vector<Unacknowledged> unacknowledged_;  // the oldest first
};

// The ids of sessions that waited to be resumed until they had to end, and how many stanzas they
// had sent: a client that comes too late learns which of its stanzas to send again (section 5). The
// latest kKept; older ones are forgotten.
class EndedStreams {
 public:
  static constexpr std::size_t kKept = 1'024;

  void add(const Address& account, std::string id, std::uint32_t handled);
  std::optional<std::uint32_t> find(const Address& account, std::string_view id) const;

 private:
  struct Ended {
    Address account;
    std::string id;
    std::uint32_t handled = 0;
  };
  std::vector<Ended> ended_;  // a ring, once it is full
  std::size_t next_ = 0;
};

}  // namespace muster
