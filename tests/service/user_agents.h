// A messenger (XMPP) and a phone (SIP) of a Service, as little of each as the tests need. What they
// hear is told as lines, without "@example.com".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/service.h"

namespace muster::testing {

using Lines = std::vector<std::string>;

// A session that is bound, interested in its roster, and available; unless `silent`.
class Messenger {
 public:
  Messenger(Service& service, std::string_view full, bool silent = false);

  void say(std::string_view xml) { service_.say(connection_, xml); }
  void vanish() { service_.vanish(connection_); }
  bool closed() const { return service_.connection(connection_).closed; }
  // The stanzas since this was last called. A roster push is its item alone.
  Lines heard();

 private:
  Service& service_;
  Service::ConnectionId connection_;
};

// A phone on UDP, or on a TCP link that came to one of the shards. It says 200 to each request as
// soon as heard() has it.
class Phone {
 public:
  Phone(Service& service, std::string_view user, std::uint16_t port)
      : service_(service), user_(user), at_{IpAddress::v4(127, 0, 0, 1), port} {}
  static Phone on_tcp(Service& service, std::string_view user, std::uint8_t shard);

  void vanish() { service_.vanish(*connection_); }

  // A SUBSCRIBE in the dialog `call`; the first of a call begins it.
  void subscribe(std::string_view to, std::uint32_t seconds, std::string_view call = "watch");
  void publish(std::string_view pidf, std::uint32_t seconds, std::string_view if_match = {});
  void enroll(std::uint32_t seconds);  // REGISTER
  void message(std::string_view to, std::string_view text);

  // Answers as "200 SUBSCRIBE"; requests as "NOTIFY active: home open" and "MESSAGE from alice:
  // text".
  Lines heard();
  // While not answering, it hears nothing of what it is sent, and says nothing.
  bool answers = true;
  const std::string& etag() const { return etag_; }  // of its last publication

 private:
  void send(std::string_view method, std::string_view to, std::string_view call,
            std::string_view rows, std::string_view body);
  void transmit(const std::string& text);
  Lines received();
  std::string hear(std::string_view text);

  Service& service_;
  std::string user_;
  Endpoint at_;
  std::optional<Service::ConnectionId> connection_;
  std::map<std::string, std::string> to_tags_;  // of our dialogs, by Call-ID
  std::string etag_;
  std::uint32_t cseq_ = 0;
};

// PIDF of one tuple.
std::string pidf_of(std::string_view user, std::string_view id, std::string_view basic);

}  // namespace muster::testing
