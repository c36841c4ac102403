#include "server/load_control/relay_words.h"

#include "base/check.h"
#include "base/overloaded.h"
#include "codec/address/ip.h"
#include "codec/address/jid.h"
#include "server/value_bytes.h"

namespace muster {
namespace {

using value::ByteReader;
using value::ByteWriter;

enum class RelayKind : std::uint8_t {
  open = 32,
  bytes_to_owner,
  ended_to_owner,
  bytes_from_owner,
  taken,
  ended_from_owner,
};

// What `open` says of a link.
constexpr std::uint8_t kSecure = 1;
constexpr std::uint8_t kWebSocket = 2;

RelayKind kind_of(const RelaySaid& said) {
  const bool to_owner = said.to_owner;
  const RelayKind kind =
      std::visit(Overloaded{
                     [](const RelayOpen&) { return RelayKind::open; },
                     [&](const RelayBytes&) {
                       return to_owner ? RelayKind::bytes_to_owner : RelayKind::bytes_from_owner;
                     },
                     [](const RelayTaken&) { return RelayKind::taken; },
                     [&](const RelayEnded&) {
                       return to_owner ? RelayKind::ended_to_owner : RelayKind::ended_from_owner;
                     },
                 },
                 said.what);
  MUSTER_CHECK(to_owner ? kind <= RelayKind::ended_to_owner : kind >= RelayKind::bytes_from_owner);
  return kind;
}

struct Head {
  RelayKind kind = RelayKind::open;
  std::uint64_t number = 0;
  std::uint64_t home = 0;
  bool to_owner() const { return kind <= RelayKind::ended_to_owner; }
};
Head read_head(ByteReader& in) {
  Head head;
  const std::uint8_t kind = in.byte();
  if (kind < static_cast<std::uint8_t>(RelayKind::open) ||
      kind > static_cast<std::uint8_t>(RelayKind::ended_from_owner)) {
    in.fail();
    return head;
  }
  head.kind = static_cast<RelayKind>(kind);
  head.number = in.fixed<std::uint64_t>();
  head.home = in.fixed<std::uint64_t>();
  return head;
}

RelayOpen read_open(ByteReader& in) {
  RelayOpen open;
  const std::string_view text = in.text();
  auto account = parse_jid(text);
  const bool is_user =
      account && account->has_local() && !account->has_resource() && account->text() == text;
  open.domain = in.text();
  const auto remote = parse_endpoint(in.text());
  const std::uint8_t link = in.byte();
  open.secure = (link & kSecure) != 0;
  open.web_socket = (link & kWebSocket) != 0;
  if (!is_user || !remote || link > (kSecure | kWebSocket)) {
    in.fail();
    return {};
  }
  open.account = *std::move(account);
  open.remote = *remote;
  return open;
}

RelayBytes read_bytes(ByteReader& in) {
  const std::uint64_t before = in.number();
  return {before, in.raw(in.left())};
}

}  // namespace

std::string write_relay(const RelaySaid& said) {
  std::string bytes;
  ByteWriter out(bytes);
  out.byte(static_cast<std::uint8_t>(kind_of(said)));
  out.fixed(said.number);
  out.fixed(said.home);
  std::visit(Overloaded{
                 [&](const RelayOpen& open) {
                   out.text(open.account.text());
                   out.text(open.domain);
                   out.text(to_text(open.remote));
                   out.byte(static_cast<std::uint8_t>((open.secure ? kSecure : 0) |
                                                      (open.web_socket ? kWebSocket : 0)));
                 },
                 [&](const RelayBytes& one) {
                   out.number(one.before);
                   out.raw(one.bytes);
                 },
                 [&](const RelayTaken& one) { out.number(one.bytes); },
                 [](const RelayEnded&) {},
             },
             said.what);
  return bytes;
}

std::optional<RelaySaid> read_relay(std::string_view bytes) {
  ByteReader in(bytes);
  const Head head = read_head(in);
  if (in.failed()) return std::nullopt;
  RelaySaid said{head.number, head.home, head.to_owner(), RelayEnded{}};
  switch (head.kind) {
    case RelayKind::open: said.what = read_open(in); break;
    case RelayKind::bytes_to_owner:
    case RelayKind::bytes_from_owner: said.what = read_bytes(in); break;
    case RelayKind::taken: said.what = RelayTaken{in.number()}; break;
    case RelayKind::ended_to_owner:
    case RelayKind::ended_from_owner: break;
  }
  if (in.failed() || in.left() > 0) return std::nullopt;
  return said;
}

std::optional<ShardId> relay_shard_of(std::string_view bytes, std::uint8_t shards) {
  ByteReader in(bytes);
  const Head head = read_head(in);
  if (in.failed()) return std::nullopt;
  const std::uint64_t shard =
      head.to_owner() ? head.home % shards : head.number >> kRelayShardShift;
  if (shard >= shards) return std::nullopt;
  return ShardId(static_cast<std::uint8_t>(shard));
}

}  // namespace muster
