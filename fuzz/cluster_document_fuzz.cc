// A cluster document that is read says the same when it is written and read again. A partial one
// that is read is the same changes when it is written and read again; what it makes of a copy is a
// document that can be written and read, or the copy is still one.
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "base/check.h"
#include "codec/cluster/copy.h"
#include "codec/cluster/read.h"
#include "codec/cluster/write.h"
#include "support/cluster_documents.h"

namespace {

using muster::cluster::Changes;
using muster::cluster::Document;
using muster::cluster::DocumentCopy;
using muster::cluster::Limits;
using muster::cluster::Reader;

// What is written may be longer than what was read: escapes, declarations, ids.
constexpr Limits kRead{.bytes_max = 16384};
constexpr Limits kAgain{.bytes_max = 1U << 24U, .pres_info_bytes_max = 1U << 20U};

void check_full(const Document& document, std::uint32_t version) {
  static Reader again(kAgain);
  std::string body;
  muster::cluster::write_full(document, version, body);
  const auto read = again.read_update(body);
  MUSTER_CHECK(read.ok() && std::get<Document>(read->content) == document);
}

void check_changes(const Changes& changes, std::uint32_t version) {
  static Reader again(kAgain);
  std::string body;
  muster::cluster::write_diff(changes.changes, changes.entity, version, body);
  const auto read = again.read_update(body);
  MUSTER_CHECK(read.ok() && read->version == version);
  // Several things added by one operation are written as several.
  MUSTER_CHECK(std::get<Changes>(read->content).changes == changes.changes);
}

// As the copy of a server that follows.
void check_copy(const std::string& body, Reader& reader) {
  std::string full;
  Document before = muster::test::example_document();
  before.lists[0] = muster::test::example_users();
  muster::cluster::write_full(before, 1, full);
  DocumentCopy copy;
  MUSTER_CHECK(copy.receive(full, reader).ok());
  const bool ok = copy.receive(body, reader).ok();
  static Reader again(kAgain);
  std::string written;
  muster::cluster::write_diff(diff(before, *copy.document()), before.entity, 2, written);
  MUSTER_CHECK(again.read_update(written).ok());
  if (ok) return;
  if (copy.document()->lists[0].users.empty()) before.lists[0].users.clear();
  MUSTER_CHECK(*copy.document() == before);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Reader reader(kRead);
  const std::string body(data, data + size);
  const auto document = reader.read(body);
  if (document.ok()) check_full(*document, 1);
  const auto update = reader.read_update(body);
  if (update.ok()) {
    if (const auto* const full = std::get_if<Document>(&update->content)) {
      check_full(*full, 1);
    } else {
      check_changes(std::get<Changes>(update->content), update->version);
    }
  }
  check_copy(body, reader);
  return 0;
}
