#include "scenario/stage.h"

#include <algorithm>
#include <sstream>

#include "codec/address/jid.h"
#include "codec/pidf/id.h"
#include "scenario/match.h"

namespace muster::testing {
namespace {

using Words = std::vector<std::string>;
using Rows = std::vector<std::pair<std::string, std::string>>;

[[noreturn]] void fail(const std::string& what) {
  throw ScenarioFailed(what);
}

std::string joined(const Words& words, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < words.size(); ++i)
    text += (i == from ? "" : " ") + words[i];
  return text;
}

// Rows, and what stands behind an empty line or begins with '<'.
struct RowsAndBody {
  Rows rows;
  std::string body;
};
RowsAndBody read_payload(const std::string& payload) {
  RowsAndBody read;
  std::istringstream in(payload);
  bool in_body = false;
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(": ");
    if (!in_body && (line.empty() || line.starts_with('<') || colon == std::string::npos)) {
      in_body = true;
      if (line.empty()) continue;
    }
    if (in_body) {
      read.body += (read.body.empty() ? "" : "\r\n") + line;
    } else {
      read.rows.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
  }
  return read;
}

std::string part_of(std::string_view text, std::string_view left, std::string_view right) {
  const std::size_t at = text.find(left);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + left.size();
  return std::string(text.substr(from, text.find(right, from) - from));
}

// "balcony open 'at lunch', orchard closed": the tuples of a PIDF document.
std::string tuples_of(std::string_view document) {
  std::string all;
  for (auto at = document.find("<tuple "); at != std::string_view::npos;
       at = document.find("<tuple ", at + 1)) {
    const std::string_view tuple = document.substr(at, document.find("</tuple>", at) - at);
    const std::string id = part_of(tuple, "id='", "'");
    all += all.empty() ? "" : ", ";
    all += id.starts_with("ID-") ? muster::pidf::from_id(id.substr(3)) : id;
    all += " " + part_of(tuple, "<basic>", "</basic>");
    const std::string show = part_of(tuple, "<show xmlns='jabber:client'>", "</show>");
    if (!show.empty()) all += " " + show;
    const std::size_t note = tuple.find("<note");
    if (note != std::string_view::npos) {
      all += " '" + part_of(tuple.substr(note), ">", "</note>") + "'";
    }
  }
  return all;
}

Duration duration_of(const std::string& count, const std::string& unit) {
  const auto n = static_cast<std::int64_t>(std::stol(count));
  if (unit == "ms") return Duration::milliseconds(n);
  if (unit.starts_with("second")) return Duration::seconds(n);
  if (unit.starts_with("minute")) return Duration::minutes(n);
  if (unit.starts_with("hour")) return Duration::hours(n);
  fail("no such time: " + count + " " + unit);
}

WatcherPolicy policy_of(const std::string& word) {
  if (word == "ask") return WatcherPolicy::ask;
  if (word == "mutual") return WatcherPolicy::mutual;
  if (word == "allow") return WatcherPolicy::allow;
  if (word == "deny") return WatcherPolicy::deny;
  fail("no such policy: " + word);
}

}  // namespace

Stage::Stage() {
  service_.settings.auto_accounts = true;
}

void Stage::begin() {
  if (!std::exchange(begun_, true)) service_.start();
}

void Stage::play(const Script& script) {
  for (const Statement& statement : script.statements) {
    try {
      play(statement);
    } catch (const std::exception& failure) {
      fail("line " + std::to_string(statement.line) + ": " + joined(statement.words, 0) + ": " +
           failure.what());
    }
  }
  try {
    expect_silence();
  } catch (const std::exception& failure) {
    fail(std::string("at the end: ") + failure.what());
  }
}

void Stage::play(const Statement& statement) {
  const Words& words = statement.words;
  if (play_setting(statement)) return;
  if (words.size() >= 4 && words[1] == "is" && words[2] == "a") return cast(statement);
  begin();
  if (words[0] == "wait" && words.size() == 3) return pass(words);
  if (words[0] == "operator") return operate(words);
  if (words[0] == "store") {
    if (joined(words, 1) == "fails") {
      service_.break_store(StoreFailed{StoreFailed::Why::full});
    } else if (joined(words, 1) == "works") {
      service_.break_store(std::nullopt);
    } else {
      fail("the store fails or works");
    }
    return;
  }
  if (joined(words, 0) == "nobody receives anything") return expect_silence();
  if (words.size() < 2) fail("who does what?");
  if (messengers_.contains(words[0])) {
    play_messenger(words[0], statement);
  } else if (phones_.contains(words[0])) {
    play_phone(words[0], statement);
  } else {
    fail("nobody is called " + words[0]);
  }
  listen();
}

// "policy allow", "notify interval 5 seconds": before anybody comes.
bool Stage::play_setting(const Statement& statement) {
  const Words& words = statement.words;
  if (words[0] == "policy" && words.size() == 2) {
    service_.settings.default_policy = policy_of(words[1]);
  } else if (words[0] == "notify" && words.size() == 4) {
    service_.settings.limits.notify_interval_min = duration_of(words[2], words[3]);
  } else {
    return false;
  }
  if (begun_) fail("it is too late for that");
  return true;
}

// "juliet is a messenger juliet@example.com/balcony", "romeo is a phone romeo@example.com [over
// tcp]".
void Stage::cast(const Statement& statement) {
  const Words& words = statement.words;
  const std::string& name = words[0];
  if (messengers_.contains(name) || phones_.contains(name)) fail("there is one by that name");
  if (words[3] == "messenger" && words.size() == 5) {
    messengers_.try_emplace(name, service_, words[4]);
  } else if (words[3] == "phone" && words.size() >= 5) {
    const bool tcp = words.size() == 7 && words[6] == "tcp";
    const auto port = static_cast<std::uint16_t>(40'000 + phones_.size());
    phones_.try_emplace(name, service_, words[4],
                        tcp ? ScriptedPhone::Over::tcp : ScriptedPhone::Over::udp, port);
  } else {
    fail("a messenger JID or a phone ADDRESS");
  }
}

// In steps, so that whoever is asked something answers before it is asked again.
void Stage::pass(const Words& words) {
  static constexpr Duration kStep = Duration::milliseconds(100);
  Duration left = duration_of(words[1], words[2]);
  while (left > Duration()) {
    const Duration step = std::min(left, kStep);
    service_.pass(step);
    left = left - step;
    listen();
  }
}

// "operator sets policy of ADDRESS to deny", "operator allows WATCHER to PRESENTITY", "operator
// removes ADDRESS".
void Stage::operate(const Words& words) {
  const auto address = [](const std::string& text) { return *parse_jid(text); };
  if (words.size() == 7 && words[2] == "policy") {
    service_.administer(ChangePolicy{address(words[4]), policy_of(words[6])});
  } else if (words.size() == 5 && (words[1] == "allows" || words[1] == "denies")) {
    service_.administer(DecideWatcher{address(words[4]), address(words[2]), words[1] == "allows"});
  } else if (words.size() == 3 && words[1] == "removes") {
    service_.administer(DropAccount{address(words[2])});
  } else {
    fail("operators do other things");
  }
  listen();
}

// --- XMPP ----------------------------------------------------------------------------------------

void Stage::play_messenger(const std::string& name, const Statement& statement) {
  ScriptedMessenger& messenger = messengers_.at(name);
  const std::string verb = joined(statement.words, 1);
  if (verb == "connects") return messenger.connect();
  if (verb == "logs in") {
    messenger.log_in();
    messenger.say("<presence/>");
    messenger.listen();
    // Her own presence comes back to her (RFC 6121 section 4.2.2).
    if (messenger.heard.empty()) fail("she does not hear of herself");
    messenger.heard.pop_front();
    return;
  }
  if (verb == "logs in without presence") return messenger.log_in();
  if (verb == "enables stream management") return messenger.enable_management();
  if (verb.starts_with("resumes having handled ")) return messenger.resume(statement.words.back());
  if (verb == "vanishes") return messenger.vanish();
  if (verb == "is silent") return messenger.be_silent();
  if (verb == "sends") return messenger.say(statement.payload);
  if (verb == "receives nothing") return expect_silence_of(name);
  if (verb == "is disconnected") {
    if (!messenger.is_closed()) fail("the link is open");
    return;
  }
  if (statement.words[1] == "receives") return messenger_receives(messenger, statement);
  fail("messengers do other things");
}

// One element, or several in any order.
void Stage::messenger_receives(ScriptedMessenger& messenger, const Statement& statement) {
  Words patterns;
  std::istringstream in(statement.payload);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(' ') && line.starts_with('<') &&
        (!line.starts_with("</") || line == "</stream:stream>")) {
      patterns.push_back(line);
    } else if (!patterns.empty()) {
      patterns.back() += "\n" + line;
    } else if (!line.empty()) {
      fail("an element begins with '<'");
    }
  }
  if (patterns.empty()) fail("receives what?");
  const bool any_order = joined(statement.words, 2) == "in any order";
  for (const std::string& pattern : patterns) {
    if (messenger.heard.empty()) fail("nothing comes, instead of " + pattern);
    const auto end = any_order ? messenger.heard.end() : messenger.heard.begin() + 1;
    std::string why;
    const auto found = std::find_if(messenger.heard.begin(), end, [&](const std::string& heard) {
      if (heard == pattern) return true;  // of the stream itself
      const auto difference = xml_difference(heard, pattern);
      if (difference) why += "\n  " + *difference + "\n  in " + heard;
      return !difference;
    });
    if (found == end) fail(why);
    messenger.heard.erase(found);
  }
}

// --- SIP -----------------------------------------------------------------------------------------

void Stage::play_phone(const std::string& name, const Statement& statement) {
  ScriptedPhone& phone = phones_.at(name);
  const Words& words = statement.words;
  const std::string verb = joined(words, 1);
  if (verb == "sends") return phone.say(statement.payload);
  if (verb == "repeats") return phone.repeat();
  if (verb == "vanishes") return phone.vanish();
  if (verb == "receives nothing") return expect_silence_of(name);
  if (verb == "answers nothing") return phone.answer_with(0);
  if (words[1] == "answers" && words.size() == 3) return phone.answer_with(std::stoi(words[2]));
  if (words[1] == "sends") return phone_sends(phone, statement);
  if (words[1] == "receives") return phone_receives(phone, statement);
  fail("phones do other things");
}

// "sends SUBSCRIBE to juliet@example.com [in DIALOG]"
void Stage::phone_sends(ScriptedPhone& phone, const Statement& statement) {
  const Words& words = statement.words;
  if (words.size() < 5 || words[3] != "to") fail("sends METHOD to ADDRESS [in DIALOG]");
  const std::string dialog = words.size() == 7 && words[5] == "in"
                                 ? words[6]
                                 : words[2] + words[4].substr(0, words[4].find('@'));
  const RowsAndBody payload = read_payload(statement.payload);
  phone.request(words[2], words[4], dialog, payload.rows, payload.body);
}

// "receives 200 [SUBSCRIBE]", "receives NOTIFY", with rows. `Tuples` and `Body` are no rows of SIP:
// the first is what the document says, the second the body as it is.
void Stage::phone_receives(ScriptedPhone& phone, const Statement& statement) {
  if (phone.heard.empty()) fail("nothing comes");
  const ScriptedPhone::Message message = phone.heard.front();
  const std::string wanted = joined(statement.words, 2);
  if (message.first_line != wanted && !message.first_line.starts_with(wanted + " ")) {
    fail(message.first_line + " comes:\n" + message.text);
  }
  const RowsAndBody payload = read_payload(statement.payload);
  for (const auto& [name, pattern] : payload.rows) {
    std::vector<std::string> values = message.rows(name);
    if (name == "Tuples") values = {tuples_of(message.body)};
    if (name == "Body") values = {message.body};
    const bool found = std::any_of(values.begin(), values.end(), [&](const std::string& value) {
      return matches(value, pattern);
    });
    if (!found && !(values.empty() && pattern == "none")) {
      fail(name + " is '" + (values.empty() ? "" : values.front()) + "' in\n" + message.text);
    }
  }
  if (!payload.body.empty()) {
    std::string body = message.body;
    if (body.starts_with("<?xml")) body.erase(0, body.find("?>") + 2);
    if (const auto difference = xml_difference(body, payload.body)) {
      fail(*difference + " in\n" + body);
    }
  }
  phone.heard.pop_front();
}

// --- what was not said ---------------------------------------------------------------------------

void Stage::listen() {
  for (auto& [name, messenger] : messengers_)
    messenger.listen();
  for (auto& [name, phone] : phones_)
    phone.listen();
  // What a phone answered may have come to others.
  for (auto& [name, messenger] : messengers_)
    messenger.listen();
}

void Stage::expect_silence_of(const std::string& name) {
  listen();
  if (const auto messenger = messengers_.find(name);
      messenger != messengers_.end() && !messenger->second.heard.empty()) {
    fail(name + " hears " + messenger->second.heard.front());
  }
  if (const auto phone = phones_.find(name);
      phone != phones_.end() && !phone->second.heard.empty()) {
    fail(name + " hears " + phone->second.heard.front().text);
  }
}

void Stage::expect_silence() {
  for (const auto& [name, messenger] : messengers_)
    expect_silence_of(name);
  for (const auto& [name, phone] : phones_)
    expect_silence_of(name);
}

}  // namespace muster::testing
