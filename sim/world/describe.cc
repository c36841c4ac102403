#include "sim/world/describe.h"

#include "base/overloaded.h"

namespace muster::sim {
namespace {

// "SendBytes", as the compiler writes it.
template <class T>
constexpr std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  return text.substr(text.rfind(':') + 1);
}

// The first of these members that an event or a request has.
template <class E>
std::string_view text_of(const E& event) {
  if constexpr (requires { std::string_view(event.xml); }) {
    return event.xml;
  } else if constexpr (requires { std::string_view(event.bytes); }) {
    return event.bytes;
  } else if constexpr (requires { std::string_view(event.stanza); }) {
    return event.stanza;
  } else if constexpr (requires { std::string_view(event.document); }) {
    return event.document;
  } else if constexpr (requires { std::string_view(*event.document); }) {
    return event.document == nullptr ? std::string_view() : *event.document;
  } else if constexpr (requires { event.account.text(); }) {
    return event.account.text();
  } else if constexpr (requires { event.presentity.text(); }) {
    return event.presentity.text();
  } else {
    return {};
  }
}

void describe_event(const Event& event, Scribe& scribe) {
  std::visit(
      [&]<class E>(const E& known) {
        scribe.kind(type_name<E>());
        scribe.text(text_of(known));
      },
      event);
}

void describe_request(const StoreRequest& request, Scribe& scribe) {
  std::visit(
      [&]<class R>(const R& known) {
        scribe.kind(type_name<R>());
        scribe.text(text_of(known));
      },
      request);
}

void describe_endpoint(const Endpoint& endpoint, Scribe& scribe) {
  const auto& ip = endpoint.ip.bytes;
  scribe.number(static_cast<std::uint64_t>(ip[12]) << 40 |
                static_cast<std::uint64_t>(ip[13]) << 32 |
                static_cast<std::uint64_t>(ip[14]) << 24 |
                static_cast<std::uint64_t>(ip[15]) << 16 | endpoint.port);
}

}  // namespace

void describe(const Input& input, Scribe& scribe) {
  const auto of_link = [&]<class I>(const I& known) { scribe.number(known.link.number()); };
  std::visit([&]<class I>(const I&) { scribe.kind(type_name<I>()); }, input);
  std::visit(
      Overloaded{
          [&](const LinkOpened& opened) {
            of_link(opened);
            describe_endpoint(opened.remote, scribe);
          },
          [&](const LinkFailed& failed) { scribe.number(failed.asked.number()); },
          [&](const BytesReceived& received) {
            of_link(received);
            scribe.text(received.bytes);
          },
          [&](const LinkClosed& closed) { of_link(closed); },
          [&](const TlsStarted& started) { of_link(started); },
          [&](const LinkArrived& arrived) {
            of_link(arrived);
            scribe.text(arrived.stream.account.text());
          },
          [&](const DatagramReceived& received) {
            describe_endpoint(received.remote, scribe);
            scribe.text(received.bytes);
          },
          [&](const SaslAnswered& answered) {
            of_link(answered);
            scribe.number(static_cast<std::uint64_t>(answered.outcome));
            scribe.text(answered.account.text());
          },
          [&](const DigestAnswered& answered) {
            scribe.number(static_cast<std::uint64_t>(answered.outcome));
            scribe.text(answered.account.text());
          },
          [&](const StoreAnswered& answered) {
            scribe.number(answered.ticket.number());
            scribe.number(answered.reply.index());
          },
          [&](const ClusterAnswered& answered) {
            scribe.number(answered.ticket.number());
            scribe.number(answered.reply.index());
          },
          [&](const ServerFenced& answered) {
            scribe.number(answered.incarnation.number());
            scribe.number(answered.fenced ? 1 : 0);
          },
          [&](const RegistrationAnswered& answered) { of_link(answered); },
          [&](const FromShard& from) { describe_event(from.event, scribe); },
          [&](const ShardMeasured& measured) {
            const cluster::Measures& all = measured.measures;
            for (const cluster::Share& share : {all.loop_lag, all.cpu, all.memory, all.queues}) {
              scribe.number(share.used);
              scribe.number(share.of);
            }
          },
          [&](const AdminAsked& asked) { scribe.number(asked.request.index()); },
          [](const auto&) {},
      },
      input);
}

void describe_log(const Log& log, Scribe& scribe) {
  scribe.text(log.what);
  scribe.text(log.who);
  scribe.text(log.detail);
}

void describe(const Order& order, Scribe& scribe) {
  const auto of_link = [&]<class O>(const O& known) { scribe.number(known.link.number()); };
  std::visit([&]<class O>(const O&) { scribe.kind(type_name<O>()); }, order);
  std::visit(Overloaded{
                 [&](const SendBytes& send) {
                   of_link(send);
                   scribe.text(send.bytes);
                 },
                 [&](const SendDatagram& send) {
                   describe_endpoint(send.remote, scribe);
                   scribe.text(send.bytes);
                 },
                 [&](const FanOut& many) {
                   scribe.text(*many.before);
                   scribe.text(many.holes);
                   for (const FanOut::Recipient& one : many.recipients)
                     of_link(one);
                   scribe.text(*many.after);
                 },
                 [&](const FanOutDatagrams& many) {
                   for (const FanOutDatagrams::Recipient& one : many.recipients) {
                     describe_endpoint(one.remote, scribe);
                     scribe.text(one.head);
                   }
                   if (many.body) scribe.text(*many.body);
                 },
                 [&](const StartTls& start) { of_link(start); },
                 [&](const PauseReading& pause) { of_link(pause); },
                 [&](const ResumeReading& resume) { of_link(resume); },
                 [&](const HandOver& over) {
                   of_link(over);
                   scribe.text(over.stream.account.text());
                 },
                 [&](const CloseLink& close) { of_link(close); },
                 [&](const OpenLink& open) { describe_endpoint(open.remote, scribe); },
                 [&](const AskSasl& ask) { of_link(ask); },
                 [&](const AskDigest& ask) { scribe.text(ask.request_uri); },
                 [&](const AskRegistration& ask) { scribe.text(ask.account.text()); },
                 [&](const AskStore& ask) { describe_request(ask.request, scribe); },
                 [&](const AskCluster& ask) {
                   scribe.number(ask.ticket.number());
                   scribe.number(ask.request.index());
                 },
                 [&](const FenceServer& fence) { scribe.number(fence.incarnation.number()); },
                 [&](const LeaseHeld& held) { scribe.number(held.incarnation.number()); },
                 [](const Fenced&) {},
                 [](const LaunchServer&) {},
                 [&](const ToShard& to) {
                   scribe.number(to.to.number());
                   describe_event(to.event, scribe);
                 },
                 [&](const Log& log) { describe_log(log, scribe); },
                 [&](const AnswerAdmin& answer) { scribe.number(answer.ticket.number()); },
                 [](const Stopped&) {},
             },
             order);
}

}  // namespace muster::sim
