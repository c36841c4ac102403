// SIP between two servers, over the link that they keep: requests, their answers, and dialogs (RFC
// 3261 sections 8 and 12). One LinkSip belongs to one link, from when it is up to when it is cut.
//
// The link is authenticated and ordered, and loses nothing until it is cut; each of its frames is
// one whole message. So there are no transactions in it: nothing is sent twice, and an answer
// belongs to the request with its Call-ID and CSeq. What is not answered within kAnswerTimeMax is
// answered by 408 here (sections 8.1.3.1 and 17.1.2.2, timer F). What is under way when the link is
// cut is forgotten with it.
//
// Limits: kLinkBodyBytesMax of a body (413), kLinkDialogBytesMax of what a peer makes us keep of a
// dialog (513), kLinkRequestsMax of ours that are unanswered (503 to what would make more).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/prng.h"
#include "base/time.h"
#include "codec/sip/check.h"
#include "codec/sip/message.h"
#include "codec/sip/methods.h"
#include "codec/sip/status.h"
#include "codec/sip/writer.h"
#include "server/cluster_port.h"
#include "server/load_control/document_fault.h"

namespace muster {

inline constexpr Duration kAnswerTimeMax = Duration::seconds(32);
inline constexpr std::size_t kLinkBodyBytesMax = sip::kBodyBytesMax;
inline constexpr std::size_t kLinkDialogBytesMax = 1024;

// So many are only with a peer that begins subscription after subscription and answers nothing.
inline constexpr std::size_t kLinkRequestsMax = 256;

// Who this server is on its links.
struct LinkSelf {
  std::string svr_id;             // its SIP URI: From or To, and Contact
  std::string sent_by;            // of Via: its host and port
  std::string transport = "TLS";  // of Via
};

// What was read of a message; views into its bytes.
struct LinkMessage {
  sip::Message message;
  sip::Essentials essentials;
};

// The URI of its first Contact, if it may be a Request-URI (RFC 3261 section 8.1.1.8); else empty.
std::string_view contact_of(const LinkMessage& message);

// One end of a dialog.
struct LinkDialog {
  std::string call_id;
  std::string local;  // From of our requests but for its tag, and To of theirs: "<URI>"
  std::string remote;
  std::string local_tag;
  std::string remote_tag;  // empty while the peer has not said it
  std::string target;      // the Request-URI of our requests
  std::uint32_t cseq = 0;  // of our latest request
  std::uint32_t remote_cseq = 0;

  // Whether a request is in it. While the peer's tag is not known any is the peer's (RFC 6665
  // section 4.1.2.4).
  bool has(const sip::Essentials& request) const;
  // Takes a request of it, and its Contact if it has one: false if it is not in order, and nothing
  // is taken (RFC 3261 section 12.2.2).
  bool takes(const LinkMessage& request);
  // The peer's tag, if it is not known yet and not beyond the limit.
  void learn(std::string_view tag);
};

class LinkSip {
 public:
  // To be answered at once, by answer().
  struct Request {};
  // The answer to a request of ours. It has no message where nobody gave it: 408.
  struct Answer {
    std::string call_id;
    sip::Method method = sip::Method::other;
    sip::Status status = sip::Status::request_timeout;
  };
  // Not to be looked at further.
  struct Wrong {
    DocumentFault fault = DocumentFault::no_message;
  };
  using Came = std::variant<Request, Answer, Wrong>;

  // Both outlive it.
  LinkSip(const LinkSelf& self, Prng& prng) : self_(self), prng_(prng) {}

  // `read` gets what `bytes` are. What is wrong is answered: the answer, if there may be one, is
  // appended to `answer`.
  Came came(std::string_view bytes, LinkMessage& read, std::string& answer);

  // A dialog that we begin, with who is at `remote`; and the one that answers `request` by a 2xx.
  // Nothing if that one would keep more than the limit.
  LinkDialog begin_dialog(std::string_view remote);
  std::optional<LinkDialog> accept_dialog(const LinkMessage& request);

  // Begins a request, up to our Contact; the caller adds the rest and finishes it. An answer is
  // awaited, unless it is an ACK, whose CSeq is that of the last request.
  sip::HeaderWriter begin(Instant now, LinkDialog& dialog, sip::Method method, std::string& out);

  // Begins the answer to a request. The tag is ours in its dialog, or empty: then it is a new one.
  sip::HeaderWriter answer(const LinkMessage& request, sip::Status status, std::string_view tag,
                           std::string& out);
  // Our Contact, in an answer that makes a dialog.
  void write_contact(sip::HeaderWriter& rows) const;

  // Too many of our requests are unanswered: what would make more is to be refused.
  bool is_full() const { return awaited_.size() >= kLinkRequestsMax; }

  // A request of ours whose time for an answer is over.
  std::optional<Answer> take_lapsed(Instant now);
  std::optional<Instant> next_deadline() const;

 private:
  struct Awaited {
    sip::Method method = sip::Method::other;
    Instant until;
  };

  Came take_request(std::string_view bytes, LinkMessage& read, std::string& answer);
  Came take_answer(LinkMessage& read);

  const LinkSelf& self_;
  Prng& prng_;
  std::map<std::pair<std::string, std::uint32_t>, Awaited> awaited_;
};

// Of each link that is up.
using LinkSips = std::map<cluster::Incarnation, LinkSip>;

}  // namespace muster
