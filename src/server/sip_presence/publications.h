// PUBLISH (RFC 3903) of the event "presence": what may be answered at once is, the rest is for
// presence_db, which has the publications and draws their entity-tags. Nothing is kept here: the
// answer comes back with the request that it answers.
//
// What RFC 3903 leaves open:
//   who may publish           the user herself, for herself: else 403 (section 14.1)
//   whose document it is      `entity` may be missing or no address of a user (RFC 4479 section 5);
//                             if it names an account, that is hers, else 403: what is published
//                             counts as the publisher's word about herself, not about others
//   Expires: 0, and no tag    with a document, 200 and nothing is kept (section 6 step 5)
//   a body that removes       is not looked at
//   Content-Language          becomes the document's xml:lang, if it has none and stays within all
//                             limits (RFC 8048 table 2, RFC 3863 section 4.1.6)
//   PIDF that cannot be read  400 with a Warning; too much of it: 413
//   the store fails           500 with Retry-After
//
// Limits: expires_min (423), publication_time_max (granted at most), document_bytes_max and those
// of codec/pidf (413) of Limits; publications_per_user_max (403) is presence_db's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "codec/pidf/read.h"
#include "server/outbox.h"
#include "server/shard.h"
#include "server/sip_presence/request.h"

namespace muster {

class Publications {
 public:
  explicit Publications(Shard& shard) : shard_(shard), reader_(limits_of(shard.settings)) {}

  // A PUBLISH.
  void publish(Now now, const Request& request, Outbox& out);
  void on(Now now, const PublishAnswered& answered, Outbox& out);

  // How many wait for presence_db.
  std::size_t waiting() const { return waiting_; }

 private:
  static pidf::Limits limits_of(const Settings& settings);

  std::optional<Duration> grant(const Request& request, Outbox& out) const;
  bool read_document(const Request& request, Outbox& out);
  std::string document_of(const sip::Message& message);
  void confirm(SipRequestId request, std::string_view etag, Duration expires, Outbox& out) const;

  Shard& shard_;
  pidf::Reader reader_;
  std::size_t waiting_ = 0;
};

}  // namespace muster
