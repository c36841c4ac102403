// The part of Messenger that gets in: TLS, SASL, resuming or binding, and going where it is sent.

#include <string>
#include <utility>

#include "codec/address/ip.h"
#include "sim/agents/messenger.h"
#include "sim/agents/messenger_words.h"
#include "sim/world/model_verifier.h"

namespace muster::sim {
namespace {

constexpr std::string_view kNsStreams = "urn:ietf:params:xml:ns:xmpp-streams";

}  // namespace

void Messenger::hear_features(const xml::Element& features) {
  if (!sealed_ && !proved_ && features.child("starttls", kNsTls)) {
    state_ = State::sealing;
    say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  } else if (const auto mechanisms = features.child("mechanisms", kNsSasl);
             mechanisms && !proved_) {
    prove(*mechanisms);
  } else if (proved_ && features.child("bind", kNsBind)) {
    if (!management_) return bind();
    state_ = State::resuming;
    say("<resume xmlns='urn:xmpp:sm:3'" + attribute("previd", management_->id) +
        attribute("h", std::to_string(management_->handled())) + "/>");
  } else {
    tell(WasSurprised{"stream features that offer nothing"});
  }
}

// The end of the stream follows.
void Messenger::hear_error(const xml::Element& error) {
  const auto elsewhere = parse_endpoint(error.child_text("see-other-host", kNsStreams));
  if (!elsewhere) return;
  is_sent_on_ = true;
  if (const auto step = sent_on_.told(*elsewhere)) tell(WasSentOn{*step});
  if (habits_.follows) landing_.sent_to(*elsewhere);
}

void Messenger::bind() {
  state_ = State::binding;
  std::string resource;
  xml::append_escaped(resource, identity_.name);
  say("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" +
      resource + "</resource></bind></iq>");
}

// --- SASL ----------------------------------------------------------------------------------------

void Messenger::prove(const xml::Element& mechanisms) {
  bool has_scram = false;
  bool has_plain = false;
  for (const xml::Element mechanism : mechanisms.children()) {
    has_scram = has_scram || mechanism.text() == "SCRAM-SHA-256";
    has_plain = has_plain || mechanism.text() == "PLAIN";
  }
  state_ = State::proving;
  const std::string name(identity_.account.local());
  std::string first;
  std::string_view mechanism = "PLAIN";
  if (has_scram && (habits_.scram || !has_plain)) {
    mechanism = "SCRAM-SHA-256";
    scram_nonce_ = random_.token(12);
    first = "n,,n=" + name + ",r=" + scram_nonce_;
  } else {
    first.append(1, '\0').append(name).append(1, '\0').append(identity_.password);
  }
  say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'" + attribute("mechanism", mechanism) + ">" +
      to_base64(first) + "</auth>");
}

void Messenger::hear_sasl(const xml::Element& element) {
  if (element.name() == "challenge") {
    const std::string challenge = from_base64(element.text());
    const std::string nonce(scram_attribute(challenge, 'r'));
    say("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" +
        to_base64("c=biws,r=" + nonce + ",p=" + proof_of(identity_.password, nonce)) +
        "</response>");
  } else if (element.name() == "success") {
    proved_ = true;
    open_stream();
  } else {
    // The store may have failed: it is not the password.
    out_->push_back(Finish{});
    link_ended();
  }
}

}  // namespace muster::sim
