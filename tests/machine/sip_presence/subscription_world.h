// A watcher, alice, who subscribes to bob; the test speaks for presence_db.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "machine/sip_presence/sip_world.h"

namespace muster::testing {

class SubscriptionWorld : public SipWorld {
 public:
  using SipWorld::SipWorld;

  // --- the watcher

  // A SUBSCRIBE to bob outside a dialog.
  Story subscribe(const Rows& rows = {}, std::string_view identity = "alice@example.com") {
    receive(initial(rows), identity);
    const Story told = story();
    if (const auto asked = of<WatchAsked>(); !asked.empty()) watch = asked.back().watch;
    return told;
  }
  std::string initial(const Rows& rows) const {
    return request_text("SUBSCRIBE", "sip:bob@example.com", with_usual(rows));
  }
  // One in the dialog of the last 200; the CSeq grows by itself.
  Story again(const Rows& rows = {}, std::string_view identity = "alice@example.com") {
    Rows all = rows;
    std::string text = joined(rows);
    if (row(text, "To").empty()) all.push_back("To: <sip:bob@example.com>;tag=" + tag);
    if (row(text, "CSeq").empty()) all.push_back("CSeq: " + std::to_string(++cseq) + " SUBSCRIBE");
    receive(request_text("SUBSCRIBE", "sip:192.0.2.1:5060", with_usual(all)), identity);
    return story();
  }
  // How the NOTIFY under way ended.
  Story notify_ended(std::uint16_t status, std::uint32_t retry_after = 0) {
    return on(SipRequestEnded{watch.slot.number(), sip::Method::notify, status, retry_after});
  }

  // --- the presentity

  Story decide(WatchState state, const std::string& document = {}) {
    return decide(watch, state, document);
  }
  Story decide(WatchId which, WatchState state, const std::string& document = {}) {
    const Story told = on(WatchDecided{which, state, document.empty() ? nullptr : share(document)});
    for (const SipResponseReady& ready : of<SipResponseReady>()) {
      if (!ready.to_tag.empty()) tag = ready.to_tag;
    }
    return told;
  }
  Story change(const std::string& document) { return change(document, {watch}); }
  Story change(const std::string& document, const std::vector<WatchId>& watches) {
    return on(WatchesNotified{share(document), watches});
  }

  // A subscription that is active, its first NOTIFY received.
  void activate(const Rows& rows = {}) {
    subscribe(rows);
    decide(WatchState::active, "first");
    notify_ended(200);
  }

  WatchId watch;    // the last one asked for
  std::string tag;  // ours, of the last dialog
  int cseq = 1;

 private:
  static std::string joined(const Rows& rows) {
    std::string text;
    for (const std::string& one : rows)
      text.append(one).append("\r\n");
    return text;
  }
  static Rows with_usual(const Rows& rows) {
    const std::string text = joined(rows);
    Rows all = rows;
    if (row(text, "Event").empty()) all.push_back("Event: presence");
    if (row(text, "Contact").empty()) all.push_back("Contact: <sip:alice@192.0.2.9:5060>");
    // For a row that is to be left out.
    std::erase(all, "Event: -");
    std::erase(all, "Contact: -");
    return all;
  }
};

}  // namespace muster::testing
