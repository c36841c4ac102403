// The copy that a server keeps of the cluster document while it subscribes to it: the watcher's
// side of partial notification (RFC 5263 section 4.5), and of a users list that comes in chunks. It
// belongs to one subscription.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "codec/cluster/error.h"
#include "codec/cluster/read.h"
#include "model/cluster/document.h"

namespace muster::cluster {

class DocumentCopy {
 public:
  enum class Received : std::uint8_t {
    full,     // the copy is this document now
    changed,  // the changes are made
    stale,    // of a version that was here already: passed over
  };

  // Null until the first full document has come.
  const Document* document() const { return document_ ? &*document_ : nullptr; }

  // An application/pidf-diff+xml body. After an error the copy is what it was, except that of a
  // list in which users were to change only the number is known; only a full document makes it
  // follow again, and the subscription is to be refreshed to get one.
  Result<Received, Error> receive(std::string_view body, Reader& reader);

  // The same in two steps, for who looks at what was read before it is taken.
  Result<Received, Error> take(Update update, const Limits& limits);
  // What was read, or could not be, is not taken: only a full document makes it follow again.
  void lose() { lost_ = true; }

  // The document, once there is one and the copy is needed no more.
  Document release() && { return *std::move(document_); }

 private:
  std::optional<Document> document_;
  std::uint32_t version_ = 0;  // of what came last
  bool lost_ = true;           // a full document is needed
};

}  // namespace muster::cluster
