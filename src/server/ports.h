// All that can enter or leave one shard of a presence server.
//
// An Input is a fact (LinkClosed), an Order is what the driver must now do (CloseLink). Orders are
// given in the order in which they must happen. The driver is the shell (musterd), the simulator,
// a fuzzer or a benchmark: they all feed the same turn (turn.h).
//
// Views in inputs are read during the step and not kept. Orders own what they say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/one_of.h"
#include "codec/xmpp/errors.h"
#include "model/address.h"
#include "model/endpoint.h"
#include "model/load.h"
#include "server/cluster_port.h"
#include "server/events.h"
#include "server/store_port.h"
#include "server/vocabulary.h"

namespace muster {

// --- inputs: the beginning -----------------------------------------------------------------------

// The first input of a shard.
struct Started {};

// --- inputs: links -------------------------------------------------------------------------------

enum class LinkUse : std::uint8_t {
  xmpp,
  sip,
  server,      // to another server of the cluster; on shard 0 alone
  web_socket,  // XMPP over WebSocket (RFC 7395): its bytes are those of an XMPP stream all the same
};

// A peer connected, or we did (`asked` is then OpenLink's ticket). A link of use `server` opens
// once its handshake has shown that the peer is of this cluster; TlsStarted does not follow.
struct LinkOpened {
  LinkId link;
  LinkUse use = LinkUse::xmpp;
  Transport transport = Transport::tcp;
  Endpoint local;
  Endpoint remote;
  std::optional<Ticket> asked;
  // Which hosts a server is that came to us, by its certificate: names, with `*` for a first label,
  // and addresses. Nothing: it has the key that all share, or it is no server, or it was asked.
  std::optional<std::vector<std::string>> hosts = std::nullopt;
};
// OpenLink came to nothing.
struct LinkFailed {
  Ticket asked;
  LinkUse use = LinkUse::sip;
};
struct BytesReceived {
  LinkId link;
  std::string_view bytes;
};
// Nothing comes or goes on this link any more; its id means nothing from now on.
struct LinkClosed {
  LinkId link;
};
// The handshake is done: after StartTls, or at once on a link that began with a TLS record. Which
// channel bindings there are besides tls-server-end-point: tls-exporter (RFC 9266) needs TLS 1.3 or
// the extended master secret, tls-unique (RFC 5929) is not defined for TLS 1.3.
struct TlsStarted {
  LinkId link;
  bool exporter = true;
  bool unique = false;
};

// What an XMPP stream takes along to the home shard of its user, once it is known who that is.
struct StreamOnTheMove {
  Address account;
  std::string domain;       // the `to` of its stream header
  std::string success_xml;  // the <success/>, which is still to be sent
  bool secure = false;
  std::string unread;  // what came behind the last SASL element
  bool web_socket = false;
};
// A link arrives from another shard, by its order HandOver.
struct LinkArrived {
  LinkId link;
  Endpoint local;
  Endpoint remote;
  Transport transport = Transport::tcp;
  StreamOnTheMove stream;
  // What it was there.
  ShardId from{};
  LinkId was{};
};

struct DatagramReceived {
  Endpoint local;
  Endpoint remote;
  std::string_view bytes;
};

// --- inputs: answers -----------------------------------------------------------------------------

// To AskSasl.
struct SaslAnswered {
  enum class Outcome : std::uint8_t { challenge, success, failure };
  LinkId link;
  Outcome outcome = Outcome::failure;
  std::string data;  // base64, of a challenge or of success; empty for none
  Address account;   // of success
  SaslError why = SaslError::not_authorized;
};

// To AskDigest.
struct DigestAnswered {
  enum class Outcome : std::uint8_t {
    proved,
    challenged,    // 401 with `challenges`
    malformed,     // 400
    store_failed,  // 500
  };
  Ticket ticket;
  Outcome outcome = Outcome::challenged;
  Address account;                      // of who is proved
  std::vector<std::string> challenges;  // values of WWW-Authenticate, best first (RFC 8760)
};

struct StoreAnswered {
  Ticket ticket;
  StoreReply reply;
};

// To AskCluster.
struct ClusterAnswered {
  Ticket ticket;
  cluster::ClusterReply reply;
};

// To FenceServer.
struct ServerFenced {
  cluster::Incarnation incarnation;
  bool fenced = false;  // else the store failed
};

// --- inputs: the rest ----------------------------------------------------------------------------

// To AskRegistration.
struct RegistrationAnswered {
  enum class Outcome : std::uint8_t { done, conflict, not_acceptable, refused, store_failed };
  LinkId link;
  std::string id;
  Outcome outcome = Outcome::done;
};

struct FromShard {
  ShardId from;
  Event event;
};

// How busy this shard's thread was in the period that is over. Only where the load of one of many
// servers is made of it (LoadIndex::measured).
struct ShardMeasured {
  cluster::Measures measures;
};

// An operator asks; answered by AnswerAdmin. To be fed to the home shard of home_account_of(), or
// to shard 0.
struct AdminAsked {
  Ticket ticket;
  AdminRequest request;
};

// The moment of next_deadline() has come.
struct DeadlineHit {};

// End all streams and subscriptions in order (SIGTERM). Answer: the order Stopped.
struct StopAsked {};

// It was fenced (order Fenced). Who is connected sees the link end; who watches by datagrams sees
// nothing, and is told to subscribe anew. It is given again as long as datagrams come of it, and
// then nothing more.
struct LifeOver {};

using Input = std::variant<Started, LinkOpened, LinkFailed, BytesReceived, LinkClosed, TlsStarted,
                           LinkArrived, DatagramReceived, SaslAnswered, DigestAnswered,
                           StoreAnswered, ClusterAnswered, ServerFenced, RegistrationAnswered,
                           FromShard, AdminAsked, ShardMeasured, DeadlineHit, StopAsked, LifeOver>;

// --- orders: links -------------------------------------------------------------------------------

struct SendBytes {
  LinkId link;
  std::string bytes;
};
struct SendDatagram {
  Endpoint local;
  Endpoint remote;
  std::string bytes;
};
// One text for many links: each gets `before`, its own `hole`, `after`.
struct FanOut {
  struct Recipient {
    LinkId link;
    std::uint32_t hole_begin = 0;  // in `holes`
    std::uint32_t hole_bytes = 0;
  };
  SharedText before;
  SharedText after;
  std::string holes;
  std::vector<Recipient> recipients;
};
// The same for datagrams: each is its own `head` and the shared `body`.
struct FanOutDatagrams {
  struct Recipient {
    Endpoint local;
    Endpoint remote;
    TextPart head;
  };
  SharedText body;
  std::vector<Recipient> recipients;
};
// Barriers: what the peer sends behind is not read under the old rules. What was sent before
// StartTls leaves in clear, what is sent after it waits for the handshake. `domain` chooses the
// certificate where the peer names none (RFC 6120 section 5.4.3.1).
struct StartTls {
  LinkId link;
  std::string domain = {};
};
struct PauseReading {
  LinkId link;
};
struct ResumeReading {
  LinkId link;
};
// Give the link to another shard, where it becomes LinkArrived. Here its id means nothing any more.
struct HandOver {
  LinkId link;
  ShardId to;
  StreamOnTheMove stream;
};
// Once all that was sent has left. LinkClosed does not follow: the id means nothing any more.
struct CloseLink {
  LinkId link;
};
struct OpenLink {
  Ticket ticket;
  LinkUse use = LinkUse::sip;
  Transport transport = Transport::tcp;
  Endpoint remote;
  // Of use `server`: the DNS name or IP address that the peer's certificate is to have.
  std::string host = {};
};

// --- orders: questions ---------------------------------------------------------------------------

// The next step of a SASL exchange (RFC 6120 section 6): a mechanism begins it (one still under way
// is forgotten), data alone goes on with it, and `abort` has it forgotten, without an answer. Only
// mechanisms that were offered are asked for. Secrets stay outside.
struct AskSasl {
  LinkId link;
  std::string domain;
  std::optional<std::string> mechanism;
  std::optional<std::string> data;  // base64, "=" for empty; absent if the element was empty
  bool abort = false;
};

// Check the credentials of a SIP request, or make challenges if there are none that hold.
struct AskDigest {
  Ticket ticket;
  std::string method;
  std::string realm;                        // the domain of the From address
  std::string request_uri;                  // to be compared with the one that was signed
  std::vector<std::string> authorizations;  // the values of all Authorization rows
};

// In-band registration (XEP-0077): make this account, or, if `change` is set, give it this
// password.
struct AskRegistration {
  LinkId link;
  std::string id;  // of the iq, handed back
  Address account;
  std::string password;
  bool change = false;
};

struct AskStore {
  Ticket ticket;
  StoreRequest request;
};

// Only shard 0 gives the following five.
struct AskCluster {
  Ticket ticket;
  cluster::ClusterRequest request;
};

// From now on nothing that this life of a server changes in the store of users is done: what it has
// under way there fails.
struct FenceServer {
  cluster::Incarnation incarnation;
};

// This life's own number: what it changes in the store of users is done as long as it is not
// fenced. Given once; who asks to be served before it is placed nowhere.
struct LeaseHeld {
  cluster::Incarnation incarnation;
};

// Others took this server for dead, and its users are no longer its own: it is to begin another
// life. The driver ends all shards of this one at once: each is given LifeOver, and of its orders
// datagrams are sent; nothing more is said on any link, or asked.
struct Fenced {};

// A server that waits to be taken in is to be started, as the operator has said how. If it comes it
// is in the directory.
struct LaunchServer {};

// --- orders: the rest ----------------------------------------------------------------------------

struct ToShard {
  ShardId to;
  Event event;
};

// Something that an operator may want to know. Never a secret, and of a peer's text only what is
// quoted and bounded.
struct Log {
  enum class Level : std::uint8_t { debug, info, warning, error };
  Level level = Level::info;
  std::string_view what;  // a literal: the name of the event
  std::string who;
  std::string detail;
};

struct AnswerAdmin {
  Ticket ticket;
  AdminReply reply;
};

// All is said that is to be said; the shard may end.
struct Stopped {};

using AnyOrder = std::variant<SendBytes, SendDatagram, FanOut, FanOutDatagrams, StartTls,
                              PauseReading, ResumeReading, HandOver, CloseLink, OpenLink, AskSasl,
                              AskDigest, AskRegistration, AskStore, AskCluster, FenceServer,
                              LeaseHeld, Fenced, LaunchServer, ToShard, Log, AnswerAdmin, Stopped>;

// What is carried out of a life that is over.
constexpr bool is_datagram(const AnyOrder& order) {
  return std::holds_alternative<SendDatagram>(order) ||
         std::holds_alternative<FanOutDatagrams>(order);
}

// Compiled once, in ports.cc, as Event is.
struct Order : AnyOrder {
  template <class O>
  requires kIsHeldBy<std::remove_cvref_t<O>, AnyOrder> Order(O&& order)
      : AnyOrder(std::in_place_type<std::remove_cvref_t<O>>, std::forward<O>(order)) {}
  Order(const Order& other);
  Order(Order&& other) noexcept;
  Order& operator=(const Order& other);
  Order& operator=(Order&& other) noexcept;
  ~Order();
};

}  // namespace muster
