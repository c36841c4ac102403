#include "sim/replay/words.h"

#include <array>
#include <optional>

#include "base/overloaded.h"
#include "codec/address/ip.h"

namespace muster::sim {
namespace {

// "LinkOpened", as the compiler has it: "... T = muster::LinkOpened; ...", or "...]".
template <class T>
constexpr std::string_view type_name() {
  const std::string_view whole = __PRETTY_FUNCTION__;
  constexpr std::string_view kBefore = "T = muster::";
  const std::size_t begin = whole.find(kBefore) + kBefore.size();
  return whole.substr(begin, whole.find_first_of(";]", begin) - begin);
}

template <class Variant>
struct Names;
template <class... Ts>
struct Names<std::variant<Ts...>> {
  static constexpr std::array<std::string_view, sizeof...(Ts)> kNames = {type_name<Ts>()...};
};
template <class Variant>
constexpr std::string_view name_at(std::size_t index) {
  return Names<Variant>::kNames[index];
}

// What a peer said, on one line.
std::string quoted(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string line = "\"";
  for (const char c : text.substr(0, kTextBytesMax)) {
    const auto value = static_cast<unsigned char>(c);
    if (c == '\r') {
      line.append("\\r");
    } else if (c == '\n') {
      line.append("\\n");
    } else if (value < 0x20 || value == 0x7f) {
      line.append("\\x").append(1, kDigits[value >> 4]).append(1, kDigits[value & 15]);
    } else {
      line.push_back(c);
    }
  }
  line.push_back('"');
  if (text.size() > kTextBytesMax) {
    line.append(" and ").append(std::to_string(text.size() - kTextBytesMax)).append(" bytes");
  }
  return line;
}

std::string text_of(Ticket ticket) {
  return "ticket " + std::to_string(ticket.number());
}

std::string text_of(ShardId shard) {
  return "shard " + std::to_string(shard.number());
}

std::string between(const Endpoint& local, const Endpoint& remote) {
  return to_text(remote) + " at " + to_text(local);
}

// Whom a request to the store, or an operator's, is about.
template <class Request>
std::string account_of(const Request& request) {
  return std::visit(
      []<class R>(const R& known) -> std::string {
        if constexpr (requires { known.account; }) {
          return known.account.text();
        } else if constexpr (requires { known.actor; }) {
          return known.actor.text() + " and " + known.peer.text();
        } else if constexpr (requires { known.watcher; }) {
          return known.watcher.text() + " and " + known.presentity.text();
        } else {
          return "all accounts";
        }
      },
      request);
}

constexpr std::array<std::string_view, 4> kLinkUses = {"XMPP", "SIP", "server", "WebSocket"};
constexpr std::array<std::string_view, 3> kSaslOutcomes = {"challenge", "success", "failure"};
constexpr std::array<std::string_view, 4> kDigestOutcomes = {"proved", "challenged", "malformed",
                                                             "store_failed"};
constexpr std::array<std::string_view, 5> kRegistrationOutcomes = {
    "done", "conflict", "not_acceptable", "refused", "store_failed"};

template <class Enum, std::size_t kCount>
std::string name_in(const std::array<std::string_view, kCount>& names, Enum value) {
  return std::string(names[static_cast<std::size_t>(value)]);
}

}  // namespace

std::string_view name_of_input(std::size_t kind) {
  return name_at<Input>(kind);
}
std::string_view name_of_order(std::size_t kind) {
  return name_at<AnyOrder>(kind);
}

// --- links ---------------------------------------------------------------------------------------

void LinkNames::see(ShardId shard, const Input& input) {
  if (const auto* opened = std::get_if<LinkOpened>(&input)) {
    peers_[{shard, opened->link}] = {{}, opened->remote};
  } else if (const auto* arrived = std::get_if<LinkArrived>(&input)) {
    peers_.erase({arrived->from, arrived->was});
    peers_[{shard, arrived->link}] = {arrived->stream.account.text(), arrived->remote};
  } else if (const auto* answered = std::get_if<SaslAnswered>(&input)) {
    const auto peer = peers_.find({shard, answered->link});
    if (peer != peers_.end()) peer->second.account = answered->account.text();
  }
}

std::string LinkNames::name(ShardId shard, LinkId link) const {
  std::string name = "link " + std::to_string(link.slot) + "." + std::to_string(link.generation);
  const auto peer = peers_.find({shard, link});
  if (peer == peers_.end()) return name;
  name.append(" (");
  if (!peer->second.account.empty()) name.append(peer->second.account).append(", ");
  return name.append(to_text(peer->second.remote)).append(")");
}

// --- inputs --------------------------------------------------------------------------------------

std::string describe(const LinkNames& names, ShardId shard, const Input& input) {
  const auto link = [&](LinkId id) { return names.name(shard, id); };
  const std::string what = std::visit(
      Overloaded{
          [&](const LinkOpened& opened) {
            return link(opened.link) + ", " + name_in(kLinkUses, opened.use) + ", of " +
                   between(opened.local, opened.remote);
          },
          [&](const LinkFailed& failed) { return text_of(failed.asked); },
          [&](const BytesReceived& bytes) { return link(bytes.link) + ": " + quoted(bytes.bytes); },
          [&](const LinkArrived& arrived) {
            return link(arrived.link) + " from " + text_of(arrived.from);
          },
          [&](const DatagramReceived& datagram) {
            return "of " + between(datagram.local, datagram.remote) + ": " + quoted(datagram.bytes);
          },
          [&](const SaslAnswered& answered) {
            return link(answered.link) + ": " + name_in(kSaslOutcomes, answered.outcome);
          },
          [&](const DigestAnswered& answered) {
            return text_of(answered.ticket) + ": " + name_in(kDigestOutcomes, answered.outcome) +
                   " " + answered.account.text();
          },
          [&](const StoreAnswered& answered) {
            return text_of(answered.ticket) + ": " +
                   std::string(name_at<StoreReply>(answered.reply.index()));
          },
          [&](const RegistrationAnswered& answered) {
            return link(answered.link) + ": " + name_in(kRegistrationOutcomes, answered.outcome);
          },
          [&](const FromShard& from) {
            return text_of(from.from) + ": " + std::string(name_at<AnyEvent>(from.event.index()));
          },
          [&](const ShardMeasured& measured) {
            const cluster::Measures& all = measured.measures;
            const auto words = [](std::string_view name, const cluster::Share& share) {
              return std::string(name) + " " + std::to_string(share.used) + " of " +
                     std::to_string(share.of);
            };
            return words("lag", all.loop_lag) + ", " + words("cpu", all.cpu) + ", " +
                   words("memory", all.memory) + ", " + words("queues", all.queues);
          },
          [&](const AdminAsked& asked) {
            const std::string name(name_at<AdminRequest>(asked.request.index()));
            if (std::holds_alternative<ListServers>(asked.request)) return name;
            return name + " of " + account_of(asked.request);
          },
          [&](const auto& other) {
            if constexpr (requires { other.link; }) return link(other.link);
            return std::string();
          },
      },
      input);
  return std::string(name_of_input(input.index())) + (what.empty() ? "" : " ") + what;
}

// --- orders --------------------------------------------------------------------------------------

std::string describe(const LinkNames& names, ShardId shard, const Order& order) {
  const auto link = [&](LinkId id) { return names.name(shard, id); };
  const auto text = [](const SharedText& shared) {
    return shared == nullptr ? std::string() : *shared;
  };
  const std::string what = std::visit(
      Overloaded{
          [&](const SendBytes& send) { return link(send.link) + ": " + quoted(send.bytes); },
          [&](const SendDatagram& send) {
            return "to " + to_text(send.remote) + ": " + quoted(send.bytes);
          },
          [&](const FanOut& fan_out) {
            std::string line = quoted(text(fan_out.before) + "..." + text(fan_out.after)) + " to";
            for (const FanOut::Recipient& one : fan_out.recipients)
              line.append(" ").append(link(one.link));
            return line;
          },
          [&](const FanOutDatagrams& fan_out) {
            std::string line = quoted(text(fan_out.body)) + " to";
            for (const FanOutDatagrams::Recipient& one : fan_out.recipients)
              line.append(" ").append(to_text(one.remote));
            return line;
          },
          [&](const HandOver& over) { return link(over.link) + " to " + text_of(over.to); },
          [&](const OpenLink& open) {
            return text_of(open.ticket) + " to " + to_text(open.remote);
          },
          [&](const AskSasl& ask) {
            return link(ask.link) + " " + ask.mechanism.value_or(ask.abort ? "abort" : "goes on");
          },
          [&](const AskDigest& ask) {
            return text_of(ask.ticket) + " " + ask.method + " " + ask.request_uri;
          },
          [&](const AskRegistration& ask) { return link(ask.link) + " " + ask.account.text(); },
          [&](const AskStore& ask) {
            return text_of(ask.ticket) + ": " +
                   std::string(name_at<StoreRequest>(ask.request.index())) + " of " +
                   account_of(ask.request);
          },
          [&](const ToShard& to) {
            return text_of(to.to) + ": " + std::string(name_at<AnyEvent>(to.event.index()));
          },
          [&](const Log& log) {
            return std::string(log.what) + " " + log.who + " " + quoted(log.detail);
          },
          [&](const AnswerAdmin& answer) { return text_of(answer.ticket); },
          [&](const auto& other) {
            if constexpr (requires { other.link; }) return link(other.link);
            return std::string();
          },
      },
      static_cast<const AnyOrder&>(order));
  return std::string(name_of_order(order.index())) + (what.empty() ? "" : " ") + what;
}

}  // namespace muster::sim
