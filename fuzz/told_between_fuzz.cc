// Any bytes as what a shard of another server says: what is read is written again and says the
// same, and is for the reader that it names.
#include "server/load_control/relay_words.h"
#include "server/load_control/told_between.h"
#include "server/proxy_words.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/check.h"
#include "base/overloaded.h"

namespace muster {
namespace {

std::string write(const Said& said) {
  return std::visit(
      Overloaded{
          [](const Concerns& concerns) { return write_concerns(concerns); },
          [](const PresenceElsewhere& p) { return write_presence(p.account, p.sources); },
          [](const EventSaid& event) { return write_event(event.event, event.servers); },
          [](const PageMessageAnswered& answered) {
            return write_answer(answered.shard, answered);
          },
      },
      said);
}

void check_reader(std::string_view bytes, const Said& said) {
  const auto reader = reader_of(bytes);
  MUSTER_CHECK(reader.has_value());
  std::visit(
      Overloaded{
          [&](const Concerns&) { MUSTER_CHECK(std::holds_alternative<ConcernsSaid>(reader->who)); },
          [&](const PresenceElsewhere& presence) {
            MUSTER_CHECK(std::get<std::string_view>(reader->who) == presence.account.text());
          },
          [&](const EventSaid& event) {
            MUSTER_CHECK(std::get<std::string_view>(reader->who) == sender_of(event.event).bare());
          },
          [&](const PageMessageAnswered&) {
            MUSTER_CHECK(std::holds_alternative<ShardId>(reader->who));
          },
      },
      said);
}

// Of a relayed stream: what was read says the same when it is written again.
void check_relay(std::string_view bytes) {
  const auto said = read_relay(bytes);
  if (!said) return;
  MUSTER_CHECK(relay_shard_of(bytes, 255).has_value() || !said->to_owner);
  MUSTER_CHECK(read_relay(write_relay(*said)) == said);
}

// Of a phone that is proxied, the same.
void check_proxy(std::string_view bytes) {
  const auto said = read_proxy(bytes);
  if (!said) return;
  const std::string written = write_proxy(*said);
  MUSTER_CHECK(proxy_shard_of(bytes, 255) == proxy_shard_of(written, 255));
  MUSTER_CHECK(read_proxy(written) == said);
}

}  // namespace
}  // namespace muster

// Numbers may be written longer than they need be: so what was read is compared as it is written.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  muster::check_relay(bytes);
  muster::check_proxy(bytes);
  const auto said = muster::read_said(bytes);
  if (!said) {
    static_cast<void>(muster::reader_of(bytes));
    return 0;
  }
  muster::check_reader(bytes, *said);
  const std::string written = muster::write(*said);
  const auto again = muster::read_said(written);
  MUSTER_CHECK(again.has_value());
  MUSTER_CHECK(again->index() == said->index());
  MUSTER_CHECK(muster::write(*again) == written);
  return 0;
}
