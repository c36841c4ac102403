#include "sim/agents/phone.h"

#include <algorithm>
#include <utility>

#include "base/overloaded.h"
#include "codec/address/ip.h"

namespace muster::sim {
namespace {

constexpr Duration kConnectTime = Duration::seconds(20);
constexpr Duration kPingInterval = Duration::seconds(100);  // RFC 5626 section 4.4.1: 95 to 120
constexpr Duration kPongTime = Duration::seconds(10);

}  // namespace

Phone::Phone(Identity identity, Habits habits, Prng random)
    : identity_(std::move(identity)),
      habits_(habits),
      random_(std::move(random)),
      host_(to_text(identity_.at)),
      landing_(identity_),
      registration_call_id_(random_.token(16)) {}

void Phone::step(Now now, const AgentInput& input, AgentOutbox& out) {
  now_ = now;
  out_ = &out;
  std::visit(Overloaded{
                 [&](const Wish& wish) { std::visit([&](const auto& known) { on(known); }, wish); },
                 [&](const Connected&) {
                   link_ = LinkState::up;
                   link_due_ = now_.instant + kPingInterval;
                 },
                 [&](const Sealed&) {},
                 [&](const Heard& heard) {
                   unread_ += heard.bytes;
                   read();
                 },
                 [&](const Ended&) { link_ended(); },
                 [&](const DatagramHeard& heard) { hear_datagram(heard.bytes); },
                 [&](const Woken&) { woken(); },
             },
             input);
  act();
  out_ = nullptr;
}

void Phone::tell(decltype(Happened::what) what) {
  out_->push_back(Tell{std::move(what)});
}

// Off line it has let go of all.
void Phone::tell_lost(std::string_view of) {
  if (wants_online_) tell(LostHold{std::string(of)});
}

// --- wishes --------------------------------------------------------------------------------------

void Phone::on(const GoOnline&) {
  vanished_ = false;
  if (std::exchange(wants_online_, true)) return;
  registration_.due = now_.instant;
  if (habits_.publishes && has_shown_) publication_.due = now_.instant;
  for (auto& [presentity, watch] : watches_)
    if (watch.wanted) watch.due = now_.instant;
  link_due_ = now_.instant;
}

void Phone::on(const GoOffline&) {
  if (!std::exchange(wants_online_, false)) return;
  registration_.due = now_.instant;
  if (habits_.publishes) publication_.due = now_.instant;
  for (auto& [presentity, watch] : watches_) {
    forget_picture(watch);
    watch.due = now_.instant;
  }
  tell(WentOffline{true});
}

void Phone::on(const Vanish& wish) {
  vanished_ = true;
  const bool was_online = std::exchange(wants_online_, false);
  if (link_ != LinkState::none) {
    out_->push_back(wish.link_ends ? AgentOrder(Finish{}) : AgentOrder(GiveUp{}));
  }
  link_ = LinkState::none;
  link_due_.reset();
  calls_.clear();
  watch_purposes_.clear();
  pages_.clear();
  registration_ = publication_ = Task{};
  registration_call_id_ = random_.token(16);
  registration_cseq_ = 0;
  etag_.clear();
  published_.reset();
  for (auto& [presentity, watch] : watches_) {
    end_watch(watch);
    watch.due.reset();
  }
  if (was_online) tell(WentOffline{});
}

void Phone::on(const Show& wish) {
  shown_ = wish.shown;
  has_shown_ = true;
  if (wants_online_ && habits_.publishes) publication_.due = now_.instant;
}

void Phone::on(const StartWatching& wish) {
  Watch& watch = watches_[wish.presentity];
  watch.wanted = true;
  if (wants_online_ && !watch.stands) watch.due = now_.instant;
}

void Phone::on(const StopWatching& wish) {
  const auto found = watches_.find(wish.presentity);
  if (found == watches_.end()) return;
  found->second.wanted = false;
  found->second.due = now_.instant;
}

void Phone::on(const SendText& wish) {
  if (!online()) return;
  const std::uint64_t purpose = next_purpose_++;
  pages_.emplace(purpose, wish);
  ask_page(purpose, wish);
  tell(SentMessage{wish.to, wish.text});
}

// --- what it has ---------------------------------------------------------------------------------

bool Phone::all_ended() const {
  const auto ended = [](const Task& task) { return !task.stands && !task.in_flight && !task.due; };
  return ended(registration_) && ended(publication_) &&
         std::all_of(watches_.begin(), watches_.end(),
                     [&](const auto& entry) { return ended(entry.second); });
}

bool Phone::content() const {
  if (!wants_online_) return all_ended();
  // What stands is refreshed now and then: that is no want.
  if (!registration_.stands) return false;
  if (habits_.publishes && has_shown_ && (!publication_.stands || published_ != shown_)) {
    return false;
  }
  return std::all_of(watches_.begin(), watches_.end(), [](const auto& entry) {
    return entry.second.wanted ? entry.second.stands : !entry.second.in_flight;
  });
}

Picture Phone::own_picture() const {
  if (!wants_online_ || !habits_.publishes || !publication_.stands) return {};
  return {{identity_.name, published_.value_or(shown_)}};
}

std::map<Address, Picture> Phone::pictures() const {
  std::map<Address, Picture> all;
  for (const auto& [presentity, watch] : watches_) {
    if (wants_online_ && watch.wanted && watch.stands && watch.active)
      all[presentity] = watch.picture;
  }
  return all;
}

std::map<Address, Tie> Phone::ties() const {
  std::map<Address, Tie> all;
  for (const auto& [presentity, watch] : watches_) {
    if (wants_online_ && watch.wanted && watch.stands)
      all[presentity] = {watch.active, !watch.active, false};
  }
  return all;
}

std::optional<Registered> Phone::registered() const {
  if (!online()) return std::nullopt;
  return registered_;
}

// --- links and time ------------------------------------------------------------------------------

bool Phone::can_speak() const {
  return habits_.transport == Transport::udp || link_ == LinkState::up;
}

void Phone::transmit(const std::string& bytes) {
  if (habits_.transport == Transport::udp) {
    out_->push_back(SayDatagram{bytes, landing_.at()});
  } else if (link_ == LinkState::up) {
    out_->push_back(Say{bytes});
  }
}

std::optional<Instant> Phone::next_deadline() const {
  std::optional<Instant> next = calls_.next_deadline();
  const auto consider = [&](const std::optional<Instant>& when) {
    if (when && (!next || *when < *next)) next = when;
  };
  if (habits_.transport != Transport::udp) consider(link_due_);
  if (!can_speak()) return next;
  const auto consider_task = [&](const Task& task) {
    if (!task.in_flight) consider(task.due);
  };
  consider_task(registration_);
  consider_task(publication_);
  for (const auto& [presentity, watch] : watches_) {
    consider_task(watch);
    if (!watch.in_flight) consider(watch.notify_due);
  }
  return next;
}

void Phone::woken() {
  SipCalls::Due due = calls_.wake(now_);
  for (const SipCalls::Call& call : due.again)
    out_->push_back(SayDatagram{call.bytes, call.to});
  for (const std::uint64_t purpose : due.no_answer)
    no_answer(purpose);
  if (habits_.transport == Transport::udp || !link_due_ || *link_due_ > now_.instant) return;
  link_due_.reset();
  if (link_ == LinkState::none) {
    connect();
  } else if (link_ == LinkState::up && !pinged_) {
    pinged_ = true;
    out_->push_back(Say{"\r\n\r\n"});
    link_due_ = now_.instant + kPongTime;
  } else {
    out_->push_back(GiveUp{});
    link_ended();
  }
}

// Whatever is due and may be asked now.
void Phone::act() {
  if (!can_speak()) return;
  const auto is_due = [&](const Task& task) {
    return task.due && *task.due <= now_.instant && !task.in_flight;
  };
  if (is_due(registration_)) ask_registration();
  if (is_due(publication_)) ask_publication();
  for (auto& [presentity, watch] : watches_) {
    if (!watch.in_flight && watch.notify_due && *watch.notify_due <= now_.instant) {
      tell_lost("a dialog, which had no NOTIFY");
      failed(watch);
      end_watch(watch);
    }
    if (!is_due(watch)) continue;
    const std::uint64_t purpose = next_purpose_++;
    watch_purposes_[purpose] = presentity;
    ask_watch(purpose, watch);
  }
  const bool done = !wants_online_ && all_ended() && calls_.size() == 0;
  if (done && link_ == LinkState::up) {
    out_->push_back(Finish{});
    link_ = LinkState::none;
    link_due_.reset();
  }
}

void Phone::connect() {
  if (!wants_online_ && all_ended()) return;
  framer_ = sip::Framer();
  unread_.clear();
  pinged_ = false;
  link_ = LinkState::connecting;
  link_due_ = now_.instant + kConnectTime;
  link_to_ = landing_.at();
  out_->push_back(Connect{LinkUse::sip, habits_.transport, link_to_});
}

// What was reached by the link is gone with it; what was asked on it will not be answered.
void Phone::link_ended() {
  tell_lost("its link");
  lose_link();
}

void Phone::lose_link() {
  if (link_ != LinkState::up) landing_.look_elsewhere();
  link_ = LinkState::none;
  calls_.clear();
  watch_purposes_.clear();
  pages_.clear();
  const auto lost = [&](Task& task) {
    task.stands = task.in_flight = task.ending = false;
    task.due.reset();
    if (wants_online_) task.due = now_.instant;
  };
  if (publication_.in_flight) published_.reset();
  const bool published = publication_.stands || !etag_.empty();
  lost(registration_);
  lost(publication_);
  // It is kept until it runs out: known by its tag it can be taken back.
  publication_.stands = published;
  const bool shows = wants_online_ && habits_.publishes && has_shown_;
  publication_.due.reset();
  if (published || shows) publication_.due = now_.instant;
  for (auto& [presentity, watch] : watches_) {
    lost(watch);
    end_watch(watch);
    if (!watch.wanted) watch.due.reset();
  }
  link_due_ = now_.instant + link_back_off_.next(random_);
}

void Phone::read() {
  while (link_ == LinkState::up && !unread_.empty()) {
    const sip::Frame frame = framer_.next(unread_);
    if (frame.kind == sip::Frame::Kind::need_more) return;
    if (frame.is_error()) {
      tell(WasSurprised{"a SIP stream that is none: " + unread_});
      out_->push_back(GiveUp{});
      return link_ended();
    }
    const std::string bytes = unread_.substr(0, frame.size);
    unread_.erase(0, frame.size);
    link_back_off_.reset();
    if (frame.kind == sip::Frame::Kind::message) {
      hear_message(bytes);
    } else if (pinged_) {
      pinged_ = false;
      link_due_ = now_.instant + kPingInterval;
    }
  }
}

}  // namespace muster::sim
