// Which requests are the same: the numbers by which server transactions are found.
//
// A key is a hash under a secret seed of what RFC 3261 compares. For a branch with the cookie this
// is more than section 17.2.3 asks: Call-ID and CSeq number too. They do not differ between a
// request and its repetition, nor between an INVITE and its ACK or CANCEL; but they keep apart the
// requests of those who give every request the same branch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/sip/check.h"
#include "codec/sip/message.h"

namespace muster {

struct RequestKeys {
  std::uint64_t transaction = 0;
  // Of the same request on whatever path (section 8.2.2.2); 0 if it has a To tag: such a one is in
  // a dialog and never merges.
  std::uint64_t request = 0;
};

class RequestMatcher {
 public:
  explicit RequestMatcher(std::uint64_t seed) : seed_(seed) {}

  // Of a request that is neither ACK nor CANCEL and passed check_request.
  RequestKeys keys_of(const sip::Message& request, const sip::Essentials& essentials) const;

  // The transaction of the INVITE that an ACK is for.
  std::uint64_t key_of_invite(const sip::Message& ack, const sip::Essentials& essentials) const;
  // The transaction that a CANCEL is for, if that was a `method` (section 9.2).
  std::uint64_t key_of_cancelled(const sip::Message& cancel, const sip::Essentials& essentials,
                                 sip::Method method) const;

  // The To tag of an answer that needs none of its own: a function of the request, so that it is
  // the same for each repetition (section 8.2.7), and for an INVITE, its CANCEL and its ACK. Takes
  // any request.
  std::string answer_tag(const sip::Message& request) const;

 private:
  std::uint64_t key(const sip::Message& request, const sip::Essentials& essentials,
                    std::string_view method, std::string_view to_tag) const;

  std::uint64_t seed_;
};

}  // namespace muster
