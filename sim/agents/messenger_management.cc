// The part of Messenger that goes on with its session over a new link: XEP-0198.

#include <string>
#include <utility>

#include "base/ascii.h"
#include "sim/agents/messenger.h"

namespace muster::sim {
namespace {

constexpr std::uint32_t kAskedEvery = 3;  // stanzas

std::string ack_xml(std::uint32_t handled) {
  return "<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(handled) + "'/>";
}

}  // namespace

// Behind some it asks what is handled (section 4).
void Messenger::say_stanza(std::string xml) {
  if (management_ && management_->sent(xml) % kAskedEvery == 0) {
    xml.append("<r xmlns='urn:xmpp:sm:3'/>");
  }
  say(std::move(xml));
}

void Messenger::hear_management(const xml::Element& element) {
  const std::string_view name = element.name();
  if (name == "failed" && state_ == State::resuming) {
    forget_session();
    return bind();
  }
  if (!management_) return tell(WasSurprised{"stream management that it does not have"});
  if (name == "enabled") {
    management_->id = element.attribute("id").value_or("");
  } else if (name == "r") {
    say(ack_xml(management_->handled()));
  } else if (name == "a") {
    acknowledge(element);
  } else if (name == "resumed" && state_ == State::resuming) {
    acknowledge(element);
    state_ = State::online;
    back_off_.reset();
    deadline_ = now_.instant + habits_.silence_max;
    sent_on_ = {};
    tell(WentOnline{full_});
    for (const std::string& stanza : management_->unhandled())
      say(stanza);
    show_itself();
    reconcile();
  } else {
    tell(WasSurprised{"an element <" + std::string(name) + "> of stream management"});
  }
}

void Messenger::acknowledge(const xml::Element& element) {
  const auto handled = parse_number<std::uint32_t>(element.attribute("h").value_or(""));
  if (!handled || !management_->acknowledge(*handled)) {
    tell(WasSurprised{"an ack of what was not sent: " + std::string(element.outer())});
  }
}

// What lasts as long as a session does.
void Messenger::forget_session() {
  const bool saw = !pictures_.empty();
  management_.reset();
  roster_.clear();
  asked_.clear();
  again_.clear();
  again_due_.reset();
  pictures_.clear();
  full_ = Address();
  if (saw) tell(ForgotPictures{});
}

}  // namespace muster::sim
