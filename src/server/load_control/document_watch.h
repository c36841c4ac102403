// A subscription of this server's to a document of another: its subscriber's side (RFC 6665 section
// 4.1, RFC 5263 section 4.5), from the first SUBSCRIBE to the end of the wish for it, through as
// many dialogs as it takes. It belongs to one link and goes with it.
//
// It is refreshed after half its time. Where the thread of partial documents is lost, it is
// refreshed at once, for the full one; not twice within kTryAgainAfter. What was refused, ended or
// not answered is begun anew, no sooner than kTryAgainAfter after the last beginning; the document
// is kept until the next has come.
//
// Limits: cluster::Limits, of one document.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "codec/cluster/copy.h"
#include "codec/cluster/read.h"
#include "model/cluster/document.h"
#include "server/load_control/link_sip.h"

namespace muster {

// Within which the first NOTIFY comes (RFC 6665 section 4.1.2.4, timer N), and each of a users
// list. Else the subscription begins anew; of users it has failed.
inline constexpr Duration kNotifyTimeMax = Duration::seconds(32);
// What a peer may put us off by Retry-After.
inline constexpr Duration kRetryAfterMax = Duration::seconds(60);

class DocumentWatch {
 public:
  enum class Of : std::uint8_t {
    own,      // what a server says of itself
    service,  // what the main says of all
    users,    // all users of a server: over, once they are here
  };

  // `resource` is the URI of what is watched: also the entity of its document.
  DocumentWatch(Of of, std::string resource) : of_(of), resource_(std::move(resource)) {}

  // What came of a NOTIFY or an answer.
  struct Outcome {
    std::optional<DocumentFault> fault;
    std::string detail;
    bool taken = false;                 // document() is another now
    std::vector<std::string> reported;  // of which servers a level or a number was in it
  };

  bool has(const sip::Essentials& request) const;
  bool has(std::string_view call_id) const { return dialog_.call_id == call_id; }

  // Called after each input, with `out` for what is to be sent.
  void settle(Instant now, LinkSip& sip, std::string& out);
  // A NOTIFY in its dialog, which is answered. Documents of epochs before `epoch` are refused.
  Outcome notified(Instant now, const LinkMessage& notify, cluster::Epoch epoch,
                   cluster::Reader& reader, LinkSip& sip, std::string& answer);
  // The answer to a SUBSCRIBE of its; `read` has the message unless nobody answered.
  Outcome answered(Instant now, const LinkSip::Answer& answer, const LinkMessage& read);
  // It is watched no more: SUBSCRIBE with Expires of 0, where there is something to end.
  void end(Instant now, LinkSip& sip, std::string& out);

  bool wanted() const { return state_ != State::ending && state_ != State::over; }
  bool over() const { return state_ == State::over; }
  // A document has come in this subscription, and it is alive.
  bool follows() const { return state_ == State::active && copy_.document() != nullptr; }
  std::optional<Instant> next_deadline() const;

  // The document, as it last came; null before.
  const cluster::Document* document() const;
  // Takes it away.
  std::optional<cluster::Document> release();

 private:
  enum class State : std::uint8_t {
    waiting,  // to begin, at look_at_
    asking,   // for a subscription
    active,
    ending,  // its last NOTIFY is awaited, until look_at_
    over,
  };

  void begin(Instant now, LinkSip& sip, std::string& out);
  void subscribe(Instant now, Duration time, LinkSip& sip, std::string& out);
  void begin_anew(Instant now, Duration after);
  void ask_full(Instant when);
  Outcome refuse(const LinkMessage& notify, sip::Status status, DocumentFault fault,
                 std::string detail, LinkSip& sip, std::string& answer) const;
  Outcome take(Instant now, std::string_view body, const LinkMessage& notify, cluster::Epoch epoch,
               cluster::Reader& reader, LinkSip& sip, std::string& answer);
  // What is wrong with who says this, though it can be read.
  std::optional<DocumentFault> judge(const cluster::Update& update, cluster::Epoch epoch) const;
  bool speaks_for_itself(const cluster::Document& document) const;
  void take_state(Instant now, const LinkMessage& notify);

  Of of_;
  std::string resource_;
  State state_ = State::waiting;
  LinkDialog dialog_;
  bool asked_ = false;  // a SUBSCRIBE is unanswered
  Instant look_at_;
  Instant begun_at_;
  bool has_begun_ = false;
  std::optional<Instant> notify_by_;  // the first NOTIFY; of users each
  std::optional<Instant> full_at_;    // a SUBSCRIBE for the full document
  Instant asked_full_at_;
  cluster::DocumentCopy copy_;
  std::optional<cluster::Document> before_;  // of the subscription before this
};

}  // namespace muster
