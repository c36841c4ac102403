#include "server/proxy_words.h"

#include <utility>

#include "base/digest.h"
#include "base/overloaded.h"
#include "codec/address/ip.h"
#include "codec/address/jid.h"
#include "server/value_bytes.h"

namespace muster {
namespace {

using value::ByteReader;
using value::ByteWriter;

enum class ProxyKind : std::uint8_t { request = 48, response, flow_lost, message };

struct Head {
  ProxyKind kind = ProxyKind::request;
  std::uint64_t shard = 0;
};
Head read_head(ByteReader& in) {
  Head head;
  const std::uint8_t kind = in.byte();
  if (kind < static_cast<std::uint8_t>(ProxyKind::request) ||
      kind > static_cast<std::uint8_t>(ProxyKind::message)) {
    in.fail();
    return head;
  }
  head.kind = static_cast<ProxyKind>(kind);
  head.shard = in.fixed<std::uint64_t>();
  return head;
}

void write_head(ByteWriter& out, ProxyKind kind, std::uint64_t shard) {
  out.byte(static_cast<std::uint8_t>(kind));
  out.fixed(shard);
}

void write_flow(ByteWriter& out, const Flow& flow) {
  out.byte(static_cast<std::uint8_t>(flow.transport));
  out.byte(flow.shard.number());
  out.fixed(flow.link.number());
  out.text(to_text(flow.local));
  out.text(to_text(flow.remote));
}
Flow read_flow(ByteReader& in) {
  Flow flow;
  const std::uint8_t transport = in.byte();
  flow.shard = ShardId(in.byte());
  flow.link = LinkId::from_number(in.fixed<std::uint64_t>());
  const auto local = parse_endpoint(in.text());
  const auto remote = parse_endpoint(in.text());
  if (transport > static_cast<std::uint8_t>(Transport::tls) || !local || !remote) {
    in.fail();
    return {};
  }
  flow.transport = static_cast<Transport>(transport);
  flow.local = *local;
  flow.remote = *remote;
  return flow;
}

ProxiedRequest read_request(ByteReader& in, std::uint64_t home) {
  ProxiedRequest request;
  request.flow = read_flow(in);
  const std::string_view text = in.text();
  auto sender = parse_jid(text);
  const bool is_user = sender && sender->has_local() && !sender->has_resource() &&
                       sender->text() == text && hash_bytes(text) == home;
  if (!is_user) {
    in.fail();
    return {};
  }
  request.sender = *std::move(sender);
  request.bytes = in.raw(in.left());
  return request;
}

ProxiedMessage read_message(ByteReader& in, std::uint64_t shard) {
  ProxiedMessage message;
  message.flow = read_flow(in);
  if (message.flow.shard.number() != shard) in.fail();
  if (const std::string_view anew = in.text(); !anew.empty()) {
    message.anew = parse_endpoint(anew);
    if (!message.anew) in.fail();
  }
  message.bytes = in.raw(in.left());
  return message;
}

}  // namespace

std::string write_proxy(const ProxySaid& said) {
  std::string bytes;
  ByteWriter out(bytes);
  std::visit(Overloaded{
                 [&](const ProxiedRequest& one) {
                   write_head(out, ProxyKind::request, hash_bytes(one.sender.bare()));
                   write_flow(out, one.flow);
                   out.text(one.sender.bare());
                   out.raw(one.bytes);
                 },
                 [&](const ProxiedResponse& one) {
                   write_head(out, ProxyKind::response, one.shard.number());
                   out.raw(one.bytes);
                 },
                 [&](const ProxiedFlowLost& one) {
                   write_head(out, ProxyKind::flow_lost, 0);
                   out.byte(one.shard.number());
                   out.fixed(one.link.number());
                 },
                 [&](const ProxiedMessage& one) {
                   write_head(out, ProxyKind::message, one.flow.shard.number());
                   write_flow(out, one.flow);
                   out.text(one.anew ? to_text(*one.anew) : std::string());
                   out.raw(one.bytes);
                 },
             },
             said);
  return bytes;
}

std::optional<ProxySaid> read_proxy(std::string_view bytes) {
  ByteReader in(bytes);
  const Head head = read_head(in);
  if (in.failed()) return std::nullopt;
  ProxySaid said;
  switch (head.kind) {
    case ProxyKind::request: said = read_request(in, head.shard); break;
    case ProxyKind::response: {
      const ShardId shard(static_cast<std::uint8_t>(head.shard));
      if (shard.number() != head.shard) return std::nullopt;
      said = ProxiedResponse{shard, in.raw(in.left())};
      break;
    }
    case ProxyKind::flow_lost: {
      if (head.shard != 0) return std::nullopt;
      const ShardId shard(in.byte());
      said = ProxiedFlowLost{shard, LinkId::from_number(in.fixed<std::uint64_t>())};
      break;
    }
    case ProxyKind::message: said = read_message(in, head.shard); break;
  }
  if (in.failed() || in.left() > 0) return std::nullopt;
  return said;
}

std::optional<ShardId> proxy_shard_of(std::string_view bytes, std::uint8_t shards) {
  ByteReader in(bytes);
  const Head head = read_head(in);
  if (in.failed()) return std::nullopt;
  const std::uint64_t shard = head.kind == ProxyKind::request ? head.shard % shards : head.shard;
  if (shard >= shards) return std::nullopt;
  return ShardId(static_cast<std::uint8_t>(shard));
}

}  // namespace muster
