#include "support/service.h"

#include <algorithm>

#include "codec/address/jid.h"

namespace muster::testing {
namespace {

constexpr Endpoint kXmppAt{IpAddress::v4(127, 0, 0, 1), 5222};
constexpr Endpoint kSipAt{IpAddress::v4(127, 0, 0, 1), 5060};

std::string decode_base64(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) break;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count));
  }
  return bytes;
}

}  // namespace

Service::Service(std::uint8_t shards) {
  settings.domains = {"example.com", "example.net"};
  settings.plain_without_tls = true;
  settings.loopback_sip_trusted = true;
  settings.limits.notify_interval_min = Duration();
  shards_.resize(shards);
}

void Service::start() {
  for (std::uint8_t i = 0; i < shards_.size(); ++i) {
    ShardPlace& place = shards_[i];
    if (recording != nullptr) {
      place.recorder =
          std::make_unique<record::Recorder>(ShardId(i), Prng::seed_of(i + 1), *recording);
    }
    record::Recorder* const recorder = place.recorder.get();
    place.server = std::make_unique<PresenceServer>(
        ShardId(i), static_cast<std::uint8_t>(shards_.size()), settings,
        recorder == nullptr ? Prng(Prng::seed_of(i + 1)) : Prng(recorder->words()));
    place.port = std::make_unique<Port>(Port{this, ShardId(i)});
    place.turn = std::make_unique<Turn<Port>>(*place.server, *place.port, recorder);
    feed(ShardId(i), Started{});
  }
  settle();
}

Address Service::address(std::string_view bare) {
  return *parse_jid(bare);
}

// --- the queue -----------------------------------------------------------------------------------

void Service::feed(ShardId shard, Input input, std::string bytes) {
  queue_.push_back({shard, std::move(input), std::move(bytes)});
}

void Service::settle() {
  while (!queue_.empty()) {
    Waiting next = std::move(queue_.front());
    queue_.pop_front();
    if (auto* received = std::get_if<BytesReceived>(&next.input)) received->bytes = next.bytes;
    if (auto* received = std::get_if<DatagramReceived>(&next.input)) received->bytes = next.bytes;
    shards_[next.shard.number()].turn->input(now_, next.input);
  }
}

// Deadlines are met at their moment, in the order of time.
void Service::pass(Duration duration) {
  const Instant end = now_.instant + duration;
  while (true) {
    std::optional<Instant> next;
    for (const ShardPlace& place : shards_) {
      const auto of_shard = place.server->next_deadline();
      if (of_shard && (!next || *of_shard < *next)) next = of_shard;
    }
    const Instant moment = next && *next <= end ? std::max(*next, now_.instant) : end;
    now_.unix_time = now_.unix_time + (moment - now_.instant);
    now_.instant = moment;
    if (!next || *next > end) break;
    for (ShardPlace& place : shards_)
      place.turn->pass_time(now_);
    settle();
  }
}

// --- links and datagrams -------------------------------------------------------------------------

LinkId Service::place(ShardId shard, ConnectionId connection) {
  const LinkId link{shards_[shard.number()].next_slot++, 1};
  links_[{shard, link}] = connection;
  connections_[connection].shard = shard;
  connections_[connection].link = link;
  return link;
}

Service::Connection* Service::of_link(ShardId shard, LinkId link) {
  const auto found = links_.find({shard, link});
  return found == links_.end() ? nullptr : &connections_[found->second];
}

Service::ConnectionId Service::connect(LinkUse use, std::uint8_t at_shard) {
  const ConnectionId id = connections_.size();
  connections_.emplace_back();
  connections_.back().use = use;
  LinkOpened opened;
  opened.use = use;
  opened.link = place(ShardId(at_shard), id);
  opened.local = use == LinkUse::xmpp ? kXmppAt : kSipAt;
  opened.remote = {IpAddress::v4(127, 0, 0, 9), static_cast<std::uint16_t>(40'000 + id)};
  feed(ShardId(at_shard), opened);
  settle();
  return id;
}

void Service::say(ConnectionId connection, std::string_view bytes) {
  Connection& at = connections_[connection];
  if (at.closed) return;
  if (at.paused) {
    at.unsent.append(bytes);
    return;
  }
  feed(at.shard, BytesReceived{at.link, {}}, std::string(bytes));
  settle();
}

void Service::vanish(ConnectionId connection) {
  Connection& at = connections_[connection];
  if (links_.erase({at.shard, at.link}) == 0) return;
  feed(at.shard, LinkClosed{at.link});
  settle();
}

std::string Service::heard(ConnectionId connection) {
  return std::exchange(connections_[connection].received, {});
}

void Service::send_datagram(const Endpoint& from, std::string_view bytes, std::uint8_t at_shard) {
  feed(ShardId(at_shard), DatagramReceived{kSipAt, from, {}}, std::string(bytes));
  settle();
}

std::vector<std::string> Service::datagrams(const Endpoint& at) {
  return std::exchange(datagrams_[at], {});
}

// --- what the shards order -----------------------------------------------------------------------

void Service::carry_out(ShardId self, Order&& order) {
  std::visit([&](const auto& known) { obey(self, known); }, order);
}

void Service::send(ShardId self, LinkId link, const std::string& bytes) {
  if (Connection* to = of_link(self, link)) to->received.append(bytes);
}

void Service::obey(ShardId self, const SendBytes& one) {
  send(self, one.link, one.bytes);
}
void Service::obey(ShardId self, const FanOut& many) {
  for (const FanOut::Recipient& r : many.recipients) {
    const std::string hole = many.holes.substr(r.hole_begin, r.hole_bytes);
    send(self, r.link, *many.before + hole + *many.after);
  }
}
void Service::obey(ShardId, const SendDatagram& one) {
  datagrams_[one.remote].push_back(one.bytes);
}
void Service::obey(ShardId, const FanOutDatagrams& many) {
  for (const FanOutDatagrams::Recipient& r : many.recipients) {
    datagrams_[r.remote].push_back(r.head + (many.body ? *many.body : std::string()));
  }
}

void Service::obey(ShardId self, const StartTls& tls) {
  feed(self, TlsStarted{tls.link});
}
void Service::obey(ShardId self, const PauseReading& pause) {
  if (Connection* at = of_link(self, pause.link)) at->paused = true;
}
void Service::obey(ShardId self, const ResumeReading& resume) {
  Connection* at = of_link(self, resume.link);
  if (at == nullptr) return;
  at->paused = false;
  if (!at->unsent.empty()) feed(self, BytesReceived{at->link, {}}, std::exchange(at->unsent, {}));
}
void Service::obey(ShardId self, const HandOver& over) {
  const auto found = links_.find({self, over.link});
  if (found == links_.end()) return;
  const ConnectionId id = found->second;
  links_.erase(found);
  const LinkId link = place(over.to, id);
  feed(over.to, LinkArrived{link, kXmppAt, {}, Transport::tcp, over.stream, self, over.link});
  obey(over.to, ResumeReading{link});
}
void Service::obey(ShardId self, const CloseLink& close) {
  if (Connection* at = of_link(self, close.link)) at->closed = true;
  links_.erase({self, close.link});
}
// Nobody listens anywhere.
void Service::obey(ShardId self, const OpenLink& open) {
  feed(self, LinkFailed{open.ticket});
}

void Service::obey(ShardId self, const AskRegistration& ask) {
  feed(self, RegistrationAnswered{ask.link, ask.id, RegistrationAnswered::Outcome::done});
}
void Service::obey(ShardId self, const AskStore& ask) {
  StoreReply reply = store_failure_ ? StoreReply(*store_failure_) : store_.carry_out(ask.request);
  feed(self, StoreAnswered{ask.ticket, std::move(reply)});
}
void Service::obey(ShardId self, const ToShard& to) {
  feed(to.to, FromShard{self, to.event});
}
void Service::obey(ShardId, const Log& log) {
  logs_.push_back(log);
}
void Service::obey(ShardId, const AnswerAdmin& answer) {
  admin_[answer.ticket] = answer.reply;
}
void Service::obey(ShardId self, const Stopped&) {
  stopped_.insert(self);
}

// PLAIN, with any password.
void Service::obey(ShardId self, const AskSasl& ask) {
  SaslAnswered answered;
  answered.link = ask.link;
  const std::string plain = decode_base64(ask.data.value_or(std::string()));
  const std::size_t name = plain.find('\0');
  const std::size_t password = plain.find('\0', name + 1);
  if (name != std::string::npos && password != std::string::npos) {
    answered.outcome = SaslAnswered::Outcome::success;
    answered.account = address(plain.substr(name + 1, password - name - 1) + "@" + ask.domain);
  }
  feed(self, std::move(answered));
}

// Credentials are taken for good if they are there.
void Service::obey(ShardId self, const AskDigest& ask) {
  DigestAnswered answered;
  answered.ticket = ask.ticket;
  answered.challenges = {"Digest realm=\"" + ask.realm + "\", nonce=\"n\", algorithm=SHA-256"};
  if (!ask.authorizations.empty()) {
    const std::string& value = ask.authorizations.front();
    const std::size_t begin = value.find("username=\"") + 10;
    answered.account =
        address(value.substr(begin, value.find('"', begin) - begin) + "@" + ask.realm);
    answered.outcome = DigestAnswered::Outcome::proved;
  }
  feed(self, std::move(answered));
}

AdminReply Service::administer(AdminRequest request) {
  const Ticket ticket(next_ticket_++);
  const Address account = std::visit([](const auto& known) { return known.account; }, request);
  const auto shards = static_cast<std::uint8_t>(shards_.size());
  feed(home_shard(account.bare(), shards), AdminAsked{ticket, std::move(request)});
  settle();
  return admin_.at(ticket);
}

void Service::flush_recording() {
  for (ShardPlace& place : shards_)
    place.recorder->flush();
}

void Service::stop() {
  for (std::uint8_t i = 0; i < shards_.size(); ++i)
    feed(ShardId(i), StopAsked{});
  settle();
}

}  // namespace muster::testing
