// Who plays in a scenario: an XMPP messenger and a SIP phone that say what they are told to say,
// and keep what they hear until the scenario has said what it was.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/service.h"

namespace muster::testing {

// One link to the service. It answers pings (XEP-0199) by itself, unless it is to be silent.
class ScriptedMessenger {
 public:
  ScriptedMessenger(Service& service, std::string jid) : service_(service), jid_(std::move(jid)) {}

  void connect();
  // Stream, PLAIN, stream, binding, roster; what is answered is not kept.
  void log_in();
  // XEP-0198: enables it and keeps the id; on a new link, goes on with the session of that id.
  void enable_management();
  void resume(std::string_view handled);
  void say(std::string_view xml);
  void vanish();
  void be_silent() { silent_ = true; }

  // Takes in what has come. The elements at the first level of the stream, and stream headers as
  // "<stream:stream>", its end as "</stream:stream>".
  void listen();
  std::deque<std::string> heard;
  bool is_connected() const { return connection_.has_value(); }
  bool is_closed() const { return service_.connection(*connection_).closed; }
  const std::string& jid() const { return jid_; }

 private:
  void authenticate();
  bool answer_ping(std::string_view stanza);

  Service& service_;
  std::string jid_;
  std::optional<Service::ConnectionId> connection_;
  std::string unread_;
  std::string management_id_;
  bool silent_ = false;
};

// A user agent of RFC 3261 as far as scenarios need one: it fills in the rows that a request must
// have, knows its dialogs, and answers the requests it gets.
class ScriptedPhone {
 public:
  enum class Over : std::uint8_t { udp, tcp };
  struct Message {
    std::string text;
    std::string first_line;  // "200 SUBSCRIBE", "NOTIFY"
    std::string body;
    std::vector<std::string> rows(std::string_view name) const;
  };

  ScriptedPhone(Service& service, std::string address, Over over, std::uint16_t port);

  // `rows` are further rows, or such as replace the usual ones; `dialog` names which it is in.
  void request(std::string_view method, std::string_view to, const std::string& dialog,
               const std::vector<std::pair<std::string, std::string>>& rows, std::string_view body);
  // Bytes as they are.
  void say(std::string_view bytes);
  // The last request once more, as who heard no answer sends it.
  void repeat() { say(last_request_); }
  void vanish();
  // 0: none.
  void answer_with(int status) { status_ = status; }

  void listen();
  std::deque<Message> heard;

 private:
  std::vector<std::string> received();
  void take(const std::string& text);
  void answer(const Message& request);

  Service& service_;
  std::string address_;
  Over over_;
  Endpoint at_;
  std::optional<Service::ConnectionId> connection_;
  std::string unread_;
  std::map<std::string, std::string> to_tags_;  // by dialog, which is its Call-ID
  std::string etag_;
  std::string last_request_;
  std::uint32_t cseq_ = 0;
  int status_ = 200;
};

}  // namespace muster::testing
