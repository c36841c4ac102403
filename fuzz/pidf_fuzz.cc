// A presence document that is read says the same when it is written and read again, and the second
// time it is written nothing changes. What is written is within reach of the limits of what was
// read: the second reading has twice as much.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "codec/pidf/read.h"
#include "codec/pidf/write.h"

namespace {

using muster::pidf::Document;
using muster::pidf::Limits;
using muster::pidf::Reader;

// Ids that cannot stand are replaced when they are written.
void forget_ids(Document& document) {
  for (auto& tuple : document.tuples)
    tuple.id.clear();
  for (auto& person : document.persons)
    person.id.clear();
  for (auto& device : document.devices)
    device.id.clear();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Reader reader(Limits{.bytes_max = 8192});
  static Reader again(Limits{.bytes_max = 1U << 20U, .extension_bytes_max = 1U << 20U});
  const std::string body(data, data + size);
  auto document = reader.read(body);
  if (!document.ok()) return 0;
  std::string once;
  muster::pidf::write(*document, once);
  auto read_again = again.read(once);
  MUSTER_CHECK(read_again.ok());
  std::string twice;
  muster::pidf::write(*read_again, twice);
  MUSTER_CHECK(twice == once);
  forget_ids(*document);
  forget_ids(*read_again);
  // A priority is written with its contact only.
  for (auto& tuple : document->tuples) {
    if (tuple.contact.empty()) tuple.priority.reset();
  }
  MUSTER_CHECK(*read_again == *document);
  return 0;
}
