// SIP message processing (paper, section 3.1): the SIP protocol stack. RFC 3261
// sections 8.2.2, 9.2, 17, 18 and 22 (whom to believe), with RFC 3581 (rport), RFC 4320, RFC 5626
// (flows, keep-alive) and RFC 6026. What a request means is for sip_presence; it is told of each
// request once, and answers it once. What a user's own client must prove is asked outside
// (AskDigest).
//
// A message is read by the shard it is for: a request by the home shard of its From address, so
// that repetitions, ACK and CANCEL meet their transaction there; a response by the shard that its
// branch names (server/sip_names.h). A From that is no address is read where it came. Whose socket
// it came by sends what is sent on its links (SendOnLink).
//
// One of many servers asks load_control whose user the sender is before it goes on with a request
// that makes her one's; who is another's is answered by 302, and proxied if she comes back (design,
// "The redirect ladder").
//
// What cannot be answered is dropped and counted (counters.h). What is refused here is refused
// without a transaction, each repetition anew (section 8.2.7): only requests that sip_presence
// hears of, or that are being proved, cost memory; and INVITEs, whose answer must be repeated.
//
// Limits: those of server_transactions.h (503 with Retry-After), client_transactions.h (as if
// answered by 503), stream_links.h (closed), peer_links.h (UDP, or as if the flow were lost);
// Limits::sip_header_bytes_max (513) and sip_body_bytes_max (413), at which a stream is closed too;
// kProxiedBytesPerSecondMax, kProxiedResponseBytesMax, kLostUntoldMax.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "codec/sip/check.h"
#include "codec/sip/message.h"
#include "server/followers.h"
#include "server/outbox.h"
#include "server/proxy_words.h"
#include "server/shard.h"
#include "server/sip_message/admission.h"
#include "server/sip_message/byte_budget.h"
#include "server/sip_message/client_transactions.h"
#include "server/sip_message/counters.h"
#include "server/sip_message/peer_links.h"
#include "server/sip_message/request_key.h"
#include "server/sip_message/server_transactions.h"
#include "server/sip_message/stream_links.h"

namespace muster {

class SipMessages {
 public:
  // A request that is larger leaves over TCP if it can: the path's MTU is unknown (section 18.1.1).
  static constexpr std::size_t kUdpRequestBytesMax = 1300;
  // Of 503, for a load that is the sum of short work.
  static constexpr std::uint32_t kRetryAfterSeconds = 5;
  // An overload that lasts is logged so often.
  static constexpr Duration kOverloadLogPause = Duration::minutes(1);

  // Who was told where to go, and came back in that time, is taken for one who does not follow: it
  // is longer than phones wait before they register again. They ask several things at once.
  static constexpr Duration kFollowersTime = Duration::minutes(120);
  static constexpr Duration kUnderWay = Duration::seconds(2);
  // What is passed on to other servers, of all shards together (byte_budget.h): requests (503), and
  // responses, which anybody can forge (dropped). All users of two servers share their link, which
  // is cut when 2 MB wait on it.
  static constexpr std::size_t kProxiedBytesPerSecondMax = std::size_t{512} * 1024;
  // Of one response without its body, which nobody reads; a larger one is dropped.
  static constexpr std::size_t kProxiedResponseBytesMax = 4'096;
  // Of losses that could not be told yet; of one more the oldest is forgotten, and what was reached
  // by that link is there until it expires, or something is sent.
  static constexpr std::size_t kLostUntoldMax = 10'000;
  static constexpr Duration kLostAgainAfter = Duration::seconds(1);

  explicit SipMessages(Shard& shard);

  // receiving.cc
  void on(Now now, const LinkOpened& opened, Outbox& out);
  void on(Now now, const LinkFailed& failed, Outbox& out);
  void on(Now now, const BytesReceived& received, Outbox& out);
  void on(Now now, const LinkClosed& closed, Outbox& out);
  void on(Now now, const TlsStarted& started, Outbox& out);
  void on(Now now, const DatagramReceived& datagram, Outbox& out);
  void on(Now now, const SipMessageArrived& arrived, Outbox& out);
  // requests.cc
  void on(Now now, const DigestAnswered& answered, Outbox& out);
  void on(Now now, const RequestPlaced& placed, Outbox& out);
  void on(Now now, const SipResponseReady& ready, Outbox& out);
  // calls.cc
  void on(Now now, const SipRequestsReady& ready, Outbox& out);
  void on(Now now, const FlowLost& lost, Outbox& out);
  // sending.cc
  void on(Now now, const SendOnLink& send, Outbox& out);
  // proxying.cc
  void on(Now now, const LinkProxied& proxied, Outbox& out);
  void on(Now now, const FromRelay& from, Outbox& out);
  void on(Now now, const ServerGone& gone, Outbox& out);
  // sip_messages.cc
  void on(Now now, const StopAsked& stop, Outbox& out);

  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;

  // Nobody waits for an answer, neither of ours nor from us. After StopAsked new requests are
  // refused, so that it comes to this.
  bool idle() const { return requests_.waiting() == 0 && calls_.size() == 0; }

  const SipCounters& counters() const { return counters_; }

 private:
  // receiving.cc
  void answer_binding(const DatagramReceived& datagram, Outbox& out);
  void route(Now now, const Flow& flow, std::string_view bytes, Outbox& out);
  void route_response(Now now, const Flow& flow, std::string_view bytes, Outbox& out);
  ShardId home_of(std::string_view bytes) const;
  void take_message(Now now, const Flow& flow, std::string_view bytes, Outbox& out);
  void refuse_frame(Now now, const Flow& flow, const sip::Frame& frame, std::string_view unread,
                    Outbox& out);
  void close(LinkId link, SipDrop why, Outbox& out);
  void tell_lost(LinkId link, Outbox& out);

  // requests.cc
  void take_request(Now now, std::unique_ptr<ServerTransaction::Request> request, Outbox& out);
  std::optional<RequestKeys> keys_of_new(Now now, const ServerTransaction::Request& request,
                                         Outbox& out);
  void take_again(Now now, SipRequestId id, const Flow& flow, const sip::Message& message,
                  Outbox& out);
  void take_ack(Now now, const sip::Message& ack, const sip::Essentials& essentials);
  void take_cancel(Now now, const Flow& flow, const sip::Message& cancel,
                   const sip::Essentials& essentials, Outbox& out);
  void admit(Now now, std::unique_ptr<ServerTransaction::Request> request, const RequestKeys& keys,
             Outbox& out);
  std::optional<SipRequestId> open(Now now, std::unique_ptr<ServerTransaction::Request> request,
                                   const RequestKeys& keys, Outbox& out);
  void ask_proof(SipRequestId id, const sip::Message& message, const Address& sender, Outbox& out);
  void place(Now now, SipRequestId id, ServerTransaction& transaction, Outbox& out);
  void is_placed_here(Now now, SipRequestId id, ServerTransaction& transaction, Outbox& out);
  void is_placed_elsewhere(Now now, SipRequestId id, const ServerTransaction& transaction,
                           const ServerContacts& at, Outbox& out);
  void redirect(Now now, SipRequestId id, const ServerTransaction::Request& request,
                const ServerContacts& at, Outbox& out);
  bool may_be_elsewhere(const ServerTransaction& transaction) const;
  static SipRefusal redirection(const ServerTransaction::Request& request, std::string_view server);
  void refuse(Now now, const Flow& flow, const sip::Message& message, const SipRefusal& refusal,
              Outbox& out);
  void refuse_invite(Now now, const Flow& flow, const sip::Message& message,
                     const RequestKeys& keys, const SipRefusal& refusal, Outbox& out);
  static SipRefusal refusal_for_now();
  void refuse_overload(Now now, const Flow& flow, const sip::Message& message, Outbox& out);
  SipAnswer answer_of(const sip::Message& message, const SipRefusal& refusal) const;
  void end_unproved(Now now, SipRequestId id, const SipRefusal& refusal, Outbox& out);
  void look_at_requests(Now now, Outbox& out);

  // calls.cc
  void call(Now now, const SipRequestsReady& ready, const SipRequestsReady::One& one,
            std::string_view content_rows, TextParts& heads, FanOutDatagrams& datagrams,
            Outbox& out);
  void write_head(ClientTransaction& transaction, SipCallId id, const SipRequestsReady::One& one,
                  std::string_view content_rows, TextParts& heads);
  // The branch of its top Via has our cookie, and then that name.
  void take_response(const SipName& name, std::string_view name_text, std::string_view bytes,
                     Outbox& out);
  bool is_answer_to(const ClientTransaction& transaction, const sip::Message& response) const;
  void not_sent(const SipName& name, std::string_view branch, Outbox& out);
  void fail_for_now(SipCallId id, Outbox& out);
  void fail_call(SipCallId id, std::uint16_t status, Outbox& out);
  void look_at_calls(Now now, Outbox& out);

  // sending.cc
  void send_answer(Now now, const Flow& flow, const sip::Message& request, std::string bytes,
                   Outbox& out);
  void send_call(Now now, SipCallId id, ClientTransaction& transaction, Outbox& out);
  void send_datagram(const ClientTransaction& transaction, Outbox& out) const;
  void send_to_peer(Now now, const Peer& peer, PeerLinks::Waiting waiting, Outbox& out);
  void go_by_link(Now now, LinkId link, const Peer& peer, const PeerLinks::Waiting& waiting,
                  Outbox& out);
  void go_otherwise(Now now, const PeerLinks::Waiting& waiting, Outbox& out);
  void look_at_peers(Now now, Outbox& out);

  // proxying.cc: another server serves who sends, or has the phone's link.
  void tell(std::uint64_t server, std::string said, Outbox& out) const;
  void proxy(Now now, SipRequestId id, const ServerTransaction::Request& request,
             const ServerContacts& owner, Outbox& out);
  void tell_lost_to_owners(LinkId link, Outbox& out);
  void send_for(Now now, std::uint64_t owner, const ProxiedMessage& message, Outbox& out);
  void pass_on_response(Now now, std::uint64_t owner, std::string_view bytes, Outbox& out);
  void take_proxied(Now now, std::uint64_t proxy, const ProxiedRequest& proxied, Outbox& out);
  void send_through(const Flow& flow, const std::optional<Endpoint>& anew, std::string_view bytes,
                    Outbox& out) const;
  void came_back(Now now, std::uint64_t server, const ProxySaid& said, Outbox& out);
  void tell_losses_again(Now now, Outbox& out);

  Shard& shard_;
  RequestMatcher matcher_;
  ServerTransactions requests_;
  ClientTransactions calls_;
  StreamLinks links_;
  PeerLinks peers_;
  Followers followers_{kFollowersTime, kUnderWay};
  // By which of this shard's links phones are served by which servers, and when one last sent
  // something.
  std::map<std::pair<LinkId, std::uint64_t>, Instant> proxied_links_;
  ByteBudget proxied_requests_{kProxiedBytesPerSecondMax / shard_.shards};
  ByteBudget proxied_responses_{kProxiedBytesPerSecondMax / shard_.shards};
  // Losses that a server could not be told yet.
  std::deque<std::pair<std::uint64_t, LinkId>> lost_untold_;
  std::optional<Instant> lost_again_at_;
  SipCounters counters_;
  // Our address in Via, as it was written last.
  Endpoint sent_by_;
  std::string sent_by_text_;
  std::optional<Instant> overload_logged_;
  bool stopping_ = false;
};

}  // namespace muster
