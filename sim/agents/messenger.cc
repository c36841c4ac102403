#include "sim/agents/messenger.h"

#include <utility>

#include "base/ascii.h"
#include "base/overloaded.h"
#include "codec/address/jid.h"
#include "codec/xml/namespaces.h"
#include "sim/agents/messenger_words.h"

namespace muster::sim {
namespace {

constexpr std::string_view kNsRoster = "jabber:iq:roster";
constexpr std::string_view kNsManagement = "urn:xmpp:sm:3";
// A session that is not resumed ends within the time in which a dead link is found.
constexpr std::string_view kEnable = "<enable xmlns='urn:xmpp:sm:3' resume='true' max='60'/>";
constexpr std::string_view kNsStanzas = "jabber:client";
constexpr std::string_view kNsStanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";
constexpr Duration kLoginTime = Duration::seconds(60);
constexpr Duration kAgainTime = Duration::seconds(5);

Address address_of(std::string_view text) {
  const auto parsed = parse_jid(text);
  return parsed ? *parsed : Address();
}

}  // namespace

Messenger::Messenger(Identity identity, Habits habits, Prng random)
    : identity_(std::move(identity)),
      habits_(habits),
      random_(std::move(random)),
      landing_(identity_) {}

void Messenger::step(Now now, const AgentInput& input, AgentOutbox& out) {
  now_ = now;
  out_ = &out;
  std::visit(Overloaded{
                 [&](const Wish& wish) { std::visit([&](const auto& known) { on(known); }, wish); },
                 [&](const Connected&) {
                   if (state_ == State::connecting) open_stream();
                 },
                 [&](const Sealed&) {
                   if (state_ != State::sealing) return;
                   sealed_ = true;
                   open_stream();
                 },
                 [&](const Heard& heard) {
                   unread_ += heard.bytes;
                   read();
                 },
                 [&](const Ended&) { link_ended(); },
                 [&](const DatagramHeard&) {},
                 [&](const Woken&) { woken(); },
             },
             input);
  out_ = nullptr;
}

std::optional<Instant> Messenger::next_deadline() const {
  return again_due_ && (!deadline_ || *again_due_ < *deadline_) ? again_due_ : deadline_;
}

void Messenger::tell(decltype(Happened::what) what) {
  out_->push_back(Tell{std::move(what)});
}

void Messenger::say(std::string bytes) {
  out_->push_back(Say{std::move(bytes)});
}

// --- coming and going ----------------------------------------------------------------------------

void Messenger::on(const GoOnline&) {
  if (std::exchange(wants_online_, true) || state_ != State::offline) return;
  back_off_.reset();
  deadline_ = now_.instant;
}

void Messenger::on(const GoOffline&) {
  wants_online_ = false;
  if (state_ == State::offline) {
    deadline_.reset();
    forget_session();
    return;
  }
  if (state_ == State::online) say("<presence type='unavailable'/></stream:stream>");
  out_->push_back(Finish{});
  management_.reset();
  lose_link();
  tell(WentOffline{true});
}

void Messenger::on(const Vanish& wish) {
  const bool was_online = std::exchange(wants_online_, false);
  kept_roster_.clear();
  kept_version_.clear();
  management_.reset();
  if (state_ != State::offline) {
    out_->push_back(wish.link_ends ? AgentOrder(Finish{}) : AgentOrder(GiveUp{}));
  }
  lose_link();
  if (was_online) tell(WentOffline{});
}

void Messenger::lose_link() {
  state_ = State::offline;
  sealed_ = proved_ = bound_ = false;
  unread_.clear();
  framer_.reset();
  // A session that goes on gets the answer on its next link.
  if (!ping_id_.empty()) asked_.insert(std::exchange(ping_id_, {}));
  deadline_.reset();
  if (!management_ || management_->id.empty()) forget_session();
}

void Messenger::come_back_later() {
  if (wants_online_) deadline_ = now_.instant + back_off_.next(random_);
}

void Messenger::link_ended() {
  const bool was_online = state_ == State::online;
  lose_link();
  if (std::exchange(is_sent_on_, false)) {
    if (wants_online_) deadline_ = now_.instant;
    return;
  }
  if (!was_online) landing_.look_elsewhere();
  if (was_online) {
    tell(WentOffline{});
    tell(LostHold{"its stream"});
  }
  come_back_later();
}

void Messenger::woken() {
  if (again_due_ && *again_due_ <= now_.instant) {
    again_due_.reset();
    for (const auto& [verb, to] : std::exchange(again_, {}))
      say_presence(verb, to);
  }
  if (!deadline_ || *deadline_ > now_.instant) return;
  deadline_.reset();
  if (state_ == State::offline) {
    if (!wants_online_) return;
    state_ = State::connecting;
    deadline_ = now_.instant + kLoginTime;
    out_->push_back(Connect{LinkUse::xmpp, Transport::tcp, landing_.at()});
  } else if (state_ == State::online && ping_id_.empty()) {
    ping_id_ = "ping" + std::to_string(next_id_++);
    say_stanza("<iq type='get'" + attribute("to", identity_.account.domain()) +
               attribute("id", ping_id_) + "><ping xmlns='urn:xmpp:ping'/></iq>");
    deadline_ = now_.instant + habits_.answer_time_max;
  } else {
    // No answer: to the login, or to the ping.
    out_->push_back(GiveUp{});
    link_ended();
  }
}

bool Messenger::content() const {
  if (!wants_online_) return state_ == State::offline;
  if (state_ != State::online) return false;
  for (const Address& presentity : wanted_) {
    const auto item = roster_.find(presentity);
    if (item == roster_.end() || (!item->second.sees && !item->second.asked)) return false;
  }
  return true;
}

Picture Messenger::own_picture() const {
  if (state_ != State::online) return {};
  return {{std::string(full_.resource()), shown_}};
}

std::map<Address, Picture> Messenger::pictures() const {
  std::map<Address, Picture> all;
  if (state_ != State::online) return all;
  for (const auto& [contact, item] : roster_) {
    if (!item.sees) continue;
    const auto seen = pictures_.find(contact);
    all[contact] = seen == pictures_.end() ? Picture() : seen->second;
  }
  return all;
}

std::map<Address, Tie> Messenger::ties() const {
  return state_ == State::online ? kept_roster_ : std::map<Address, Tie>();
}

// A bare name in it would be of nobody: only agents show themselves.
std::map<Address, Picture> Messenger::glimpses() const {
  std::map<Address, Picture> all;
  if (state_ != State::online) return all;
  for (const auto& [contact, picture] : pictures_) {
    const auto item = roster_.find(contact);
    if (item == roster_.end() || !item->second.sees) all[contact] = picture;
  }
  return all;
}

// --- the stream ----------------------------------------------------------------------------------

void Messenger::open_stream() {
  state_ = State::opening;
  framer_.reset();
  unread_.clear();
  say("<?xml version='1.0'?><stream:stream" + attribute("to", identity_.account.domain()) +
      " version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>");
}

void Messenger::read() {
  while (state_ != State::offline) {
    const xml::Frame frame = framer_.next(unread_, {});
    if (frame.kind == xml::Frame::Kind::incomplete) return;
    const std::string bytes = unread_.substr(0, frame.bytes);
    unread_.erase(0, frame.bytes);
    if (!take(frame, bytes)) return;
  }
}

// False if the stream is over.
bool Messenger::take(const xml::Frame& frame, std::string_view bytes) {
  switch (frame.kind) {
    case xml::Frame::Kind::incomplete:
    case xml::Frame::Kind::whitespace: return true;
    case xml::Frame::Kind::stream_header: {
      const auto header = parser_.parse_stream_header(bytes);
      if (!header) tell(WasSurprised{"a stream header that is none: " + std::string(bytes)});
      return header.ok();
    }
    case xml::Frame::Kind::stanza: {
      const auto element = parser_.parse(bytes);
      if (!element) {
        tell(WasSurprised{"XML that is none: " + std::string(bytes)});
        return false;
      }
      if (state_ == State::online && ping_id_.empty()) {
        deadline_ = now_.instant + habits_.silence_max;
      }
      if (is_for_it(*element)) {
        hear(*element);
      } else {
        tell(WasSurprised{"a stanza for somebody else: " + std::string(bytes)});
      }
      return true;
    }
    case xml::Frame::Kind::stream_end:
      // RFC 6120 section 4.4: it closes its side, and the server then the link.
      say("</stream:stream>");
      return true;
    case xml::Frame::Kind::error:
      tell(WasSurprised{"a stream that is none: " + unread_});
      return false;
  }
  return false;
}

// Its full address is known from binding on.
bool Messenger::is_for_it(const xml::Element& stanza) const {
  const auto to = stanza.attribute("to");
  if (!to || full_ == Address()) return true;
  const Address address = address_of(*to);
  return address == full_ || address == identity_.account;
}

void Messenger::hear(const xml::Element& element) {
  const std::string_view name = element.name();
  if (name == "features") return hear_features(element);
  if (name == "error") return hear_error(element);
  if (element.ns() == kNsTls) {
    if (name == "proceed") state_ = State::sealing;
    return;
  }
  if (element.ns() == kNsSasl) return hear_sasl(element);
  if (element.ns() == kNsManagement) return hear_management(element);
  if (management_ && !management_->id.empty()) management_->took_stanza();
  if (name == "iq") return hear_iq(element);
  if (name == "presence") return hear_presence(element);
  if (name == "message") return hear_message(element);
  tell(WasSurprised{"an element <" + std::string(name) + ">"});
}

// --- wishes --------------------------------------------------------------------------------------

void Messenger::on(const Show& wish) {
  shown_ = wish.shown;
  if (state_ == State::online) show_itself();
}

void Messenger::show_itself() {
  say_how_it_looks({});
  tell(ShowedItself{own_picture()});
}

// To all who may see it, or to one.
void Messenger::say_how_it_looks(const Address& to) {
  std::string presence = "<presence" + (to == Address() ? "" : attribute("to", to.text())) + ">";
  if (!shown_.show.empty()) xml::append_text_element(presence, "show", shown_.show);
  if (!shown_.note.empty()) xml::append_text_element(presence, "status", shown_.note);
  if (habits_.priority != 0) {
    xml::append_text_element(presence, "priority", std::to_string(habits_.priority));
  }
  say_stanza(presence + "</presence>");
}

void Messenger::on(const StartWatching& wish) {
  wanted_.insert(wish.presentity);
  unwanted_.erase(wish.presentity);
  reconcile();
}

void Messenger::on(const StopWatching& wish) {
  wanted_.erase(wish.presentity);
  unwanted_.insert(wish.presentity);
  reconcile();
}

void Messenger::on(const Revoke& wish) {
  if (state_ == State::online) say_presence(SubscriptionVerb::unsubscribed, wish.watcher);
}

void Messenger::on(const ShowTo& wish) {
  if (state_ != State::online) return;
  say_how_it_looks(wish.to);
  tell(ShowedItselfTo{wish.to});
}

void Messenger::on(const SetContact& wish) {
  std::string item = "<item" + attribute("jid", wish.contact.text()) + ">";
  xml::append_text_element(item, "group", wish.group);
  ask_roster(item + "</item>");
}

void Messenger::on(const RemoveContact& wish) {
  wanted_.erase(wish.contact);
  ask_roster("<item" + attribute("jid", wish.contact.text()) + " subscription='remove'/>");
}

void Messenger::ask_roster(const std::string& item) {
  if (state_ != State::online) return;
  const std::string id = "set" + std::to_string(next_id_++);
  asked_.insert(id);
  say_stanza("<iq type='set'" + attribute("id", id) + "><query xmlns='jabber:iq:roster'>" + item +
             "</query></iq>");
}

void Messenger::on(const SendText& wish) {
  if (state_ != State::online || is_sent_on_) return;
  const std::string id =
      management_ ? management_->number_message(wish.to) : "m" + std::to_string(next_id_++);
  std::string message =
      "<message type='chat'" + attribute("to", wish.to.text()) + attribute("id", id) + ">";
  xml::append_text_element(message, "body", wish.text);
  say_stanza(message + "</message>");
  written_[{wish.to, id}] = wish.text;
  tell(SentMessage{wish.to, wish.text});
}

void Messenger::say_presence(SubscriptionVerb verb, const Address& to) {
  say_stanza("<presence" + attribute("to", to.text()) + attribute("id", name_of(verb)) +
             attribute("type", name_of(verb)) + "/>");
  tell(AskedFor{to, verb});
}

// Asks for what the roster lacks of the wishes.
void Messenger::reconcile() {
  if (state_ != State::online) return;
  for (const Address& presentity : wanted_) {
    Tie& item = roster_[presentity];
    if (item.sees || item.asked) continue;
    item.asked = true;
    say_presence(SubscriptionVerb::subscribe, presentity);
  }
  for (const Address& presentity : std::exchange(unwanted_, {})) {
    const auto item = roster_.find(presentity);
    if (item == roster_.end() || (!item->second.sees && !item->second.asked)) continue;
    say_presence(SubscriptionVerb::unsubscribe, presentity);
  }
}

// --- stanzas -------------------------------------------------------------------------------------

void Messenger::hear_iq(const xml::Element& iq) {
  const std::string_view type = iq.attribute("type").value_or("");
  const std::string id(iq.attribute("id").value_or(""));
  const std::string from(iq.attribute("from").value_or(""));
  const std::string to = from.empty() ? "" : attribute("to", from);
  const auto query = iq.child("query", kNsRoster);
  if (type == "set" && query) {
    hear_push(*query);
    say_stanza("<iq type='result'" + attribute("id", id) + "/>");
  } else if (type == "get" && iq.child("ping", "urn:xmpp:ping")) {
    say_stanza("<iq type='result'" + attribute("id", id) + to + "/>");
  } else if (type == "get" || type == "set") {
    say_stanza("<iq type='error'" + attribute("id", id) + to +
               "><error type='cancel'><service-unavailable"
               " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  } else if (id == ping_id_) {
    ping_id_.clear();
    deadline_ = now_.instant + habits_.silence_max;
  } else if (id == "bind" || id == "roster") {
    // Refused: the store failed, or there are too many.
    if (type != "result") {
      out_->push_back(Finish{});
      return link_ended();
    }
    if (id == "roster") return hear_roster(iq);
    const auto bind = iq.child("bind", kNsBind);
    full_ = address_of(bind ? bind->child_text("jid", kNsBind) : "");
    state_ = State::loading;
    const std::string version = habits_.keeps_roster ? attribute("ver", kept_version_) : "";
    say("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'" + version + "/></iq>");
  } else if (asked_.erase(id) == 0) {
    tell(WasSurprised{"an answer to nothing that was asked: " + id});
  }
}

// It ends the login. Without a query: it is as it was kept.
void Messenger::hear_roster(const xml::Element& iq) {
  const auto query = iq.child("query", kNsRoster);
  if (query) {
    kept_roster_.clear();
    hear_version(*query);
    for (const xml::Element item : query->children())
      hear_item(item, true);
  }
  roster_ = kept_roster_;
  state_ = State::online;
  back_off_.reset();
  deadline_ = now_.instant + habits_.silence_max;
  sent_on_ = {};
  tell(WentOnline{full_});
  if (habits_.resumes) {
    say(std::string(kEnable));
    management_.emplace(random_.token(8));
  }
  show_itself();
  reconcile();
}

void Messenger::hear_push(const xml::Element& query) {
  hear_version(query);
  for (const xml::Element item : query.children())
    hear_item(item, false);
}

// What a roster says, the service has promised.
void Messenger::hear_version(const xml::Element& query) {
  kept_version_ = query.attribute("ver").value_or("");
  tell(WasPromised{"roster", kept_version_});
}

void Messenger::hear_item(const xml::Element& item, bool whole) {
  const Address contact = address_of(item.attribute("jid").value_or(""));
  const std::string_view subscription = item.attribute("subscription").value_or("none");
  if (subscription == "remove") {
    kept_roster_.erase(contact);
    roster_.erase(contact);
    wanted_.erase(contact);
    if (pictures_.erase(contact) > 0) tell(SawPicture{contact, {}});
    return;
  }
  Tie& known = kept_roster_[contact];
  known.sees = subscription == "to" || subscription == "both";
  known.is_seen = subscription == "from" || subscription == "both";
  known.asked = item.attribute("ask").has_value();
  roster_[contact] = known;
  // What it no longer sees, it no longer knows.
  if (!known.sees && pictures_.erase(contact) > 0) tell(SawPicture{contact, {}});
  // Another agent of hers changed her mind, or the contact refused.
  if (!whole && !known.sees && !known.asked) wanted_.erase(contact);
}

void Messenger::hear_presence(const xml::Element& presence) {
  const Address from = address_of(presence.attribute("from").value_or(""));
  const std::string_view type = presence.attribute("type").value_or("");
  if (const auto verb = subscription_verb(type)) return hear_verb(*verb, from.to_bare());
  if (type == "error") hear_refusal(presence, from.to_bare());
  if (!type.empty() && type != "unavailable") return;
  Picture& picture = pictures_[from.to_bare()];
  if (type == "unavailable") {
    // Without a resource: nothing of her is there.
    if (from.has_resource()) picture.erase(std::string(from.resource()));
    if (!from.has_resource()) picture.clear();
  } else {
    Shown& shown = picture[std::string(from.resource())];
    shown.show = presence.child_text("show", kNsStanzas);
    shown.note = presence.child_text("status", kNsStanzas);
  }
  tell(SawPicture{from.to_bare(), picture});
}

void Messenger::hear_verb(SubscriptionVerb verb, const Address& from) {
  tell(WasTold{from, verb});
  switch (verb) {
    case SubscriptionVerb::subscribe:
      say_presence(habits_.approves ? SubscriptionVerb::subscribed : SubscriptionVerb::unsubscribed,
                   from);
      return;
    case SubscriptionVerb::unsubscribed: wanted_.erase(from); return;
    case SubscriptionVerb::subscribed:
    case SubscriptionVerb::unsubscribe: return;
  }
}

// The service could not keep it; of what it may not keep there is nothing to say again.
void Messenger::hear_refusal(const xml::Element& presence, const Address& from) {
  const auto verb = subscription_verb(presence.attribute("id").value_or(""));
  const auto error = presence.child("error", kNsStanzas);
  if (!verb || !error || !error->child("internal-server-error", kNsStanzaErrors)) return;
  again_.emplace_back(*verb, from);
  if (!again_due_) again_due_ = now_.instant + kAgainTime;
}

void Messenger::hear_message(const xml::Element& message) {
  if (message.attribute("type").value_or("") == "error") {
    const Address to = address_of(message.attribute("from").value_or("")).to_bare();
    const auto written = written_.find({to, std::string(message.attribute("id").value_or(""))});
    if (written == written_.end()) return;
    tell(MessageReturned{written->second});
    written_.erase(written);
    return;
  }
  if (management_) {
    if (auto wrong = management_->check_message(message, habits_.most_available))
      tell(WasSurprised{*std::move(wrong)});
  }
  if (habits_.priority < 0 && !address_of(message.attribute("to").value_or("")).has_resource()) {
    tell(WasSurprised{"a message for who is more available"});
  }
  const Address from = address_of(message.attribute("from").value_or(""));
  tell(HeardMessage{from.to_bare(), std::string(message.child_text("body", kNsStanzas))});
}

}  // namespace muster::sim
