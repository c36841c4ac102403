// Faults on purpose. Each is one line of wrong behaviour where a mistake would matter, and is there
// only if its shard is told so; with each the simulator shows that its checkers would notice
// (docs/simulation.md, docs/adr/0007-planted-faults.md). A server never plants one: musterd has no
// way to ask for it, and tools/check_house.py sees to that.
//
// One more is a line where it goes wrong, and one in the table here.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "server/shard.h"

namespace muster {

enum class Planted : std::uint8_t {
  none,
  lost_unavailable,
  session_kept,
  other_shard_unheard,
  probe_unanswered,
  approval_unseen,
  approval_not_carried,
  hint_lost,
  roster_push_lost,
  roster_version_ahead,
  entity_tag_kept,
  stale_tag_accepted,
  failure_acknowledged,
  answered_too_early,
  publication_kept,
  held_change_lost,
  pending_sees,
  denied_watcher_kept,
  refresh_unanswered,
  session_forgotten,
  directed_kept,
  push_to_wrong_resource,
  negative_reached,
  ping_unanswered,
  bytes_lost,
  silence_forgotten,
  login_unlimited,
  notify_after_end,
  notify_cseq_kept,
  granted_too_long,
  refresh_ignored,
  watch_kept,
  registration_kept,
  delivery_kept,
  request_taken_twice,
  answer_unheard,
  lost_flow_untold,
  note_lost,
  show_changed,
};

struct Plant {
  Planted planted;
  std::string_view name;    // by which it is asked for
  std::string_view module;  // where it is
  std::string_view about;   // what goes wrong
};
inline constexpr std::array kPlants{
    Plant{Planted::lost_unavailable, "lost-unavailable", "presence_db",
          "of a session that ends, its contacts hear nothing"},
    Plant{Planted::session_kept, "session-kept", "presence_db",
          "a session that ended is still shown to who comes later"},
    Plant{Planted::other_shard_unheard, "other-shard-unheard", "presence_db",
          "presence goes to contacts of the same shard alone"},
    Plant{Planted::probe_unanswered, "probe-unanswered", "presence_db",
          "who logs in is told of none who are there"},
    Plant{Planted::approval_unseen, "approval-unseen", "presence_db",
          "who was approved does not get the presence that there is"},
    Plant{Planted::approval_not_carried, "approval-not-carried", "presence_db",
          "the other side of a pair does not learn that it was approved"},
    Plant{Planted::hint_lost, "hint-lost", "presence_db",
          "the other side of a pair learns of no change but an approval"},
    Plant{Planted::roster_push_lost, "roster-push-lost", "presence_db",
          "rosters are not told of changes"},
    Plant{Planted::roster_version_ahead, "roster-version-ahead", "presence_db",
          "a roster push says a version whose changes the session has not seen"},
    Plant{Planted::entity_tag_kept, "entity-tag-kept", "presence_db",
          "a publication that is modified keeps its entity-tag"},
    Plant{Planted::stale_tag_accepted, "stale-tag-accepted", "presence_db",
          "a publication under a tag that is over is said to be stored"},
    Plant{Planted::failure_acknowledged, "failure-acknowledged", "presence_db",
          "what the store could not do is said to be stored"},
    Plant{Planted::answered_too_early, "answered-too-early", "presence_db",
          "200 is said before the store has answered"},
    Plant{Planted::publication_kept, "publication-kept", "presence_db",
          "a publication does not end with its time"},
    Plant{Planted::held_change_lost, "held-change-lost", "presence_db",
          "a change that waits for its turn is forgotten"},
    Plant{Planted::pending_sees, "pending-sees", "presence_db",
          "a watcher who waits for an approval watches"},
    Plant{Planted::denied_watcher_kept, "denied-watcher-kept", "presence_db",
          "a watcher goes on after the approval was taken back"},
    Plant{Planted::refresh_unanswered, "refresh-unanswered", "presence_db",
          "a re-SUBSCRIBE has no NOTIFY"},
    Plant{Planted::session_forgotten, "session-forgotten", "xmpp_presence",
          "of a stream that ends, the session stays"},
    Plant{Planted::directed_kept, "directed-kept", "xmpp_presence",
          "who got directed presence does not hear its end"},
    Plant{Planted::push_to_wrong_resource, "push-to-wrong-resource", "xmpp_presence",
          "each roster push names the user's first session"},
    Plant{Planted::negative_reached, "negative-reached", "xmpp_presence",
          "messages go to a session of negative priority"},
    Plant{Planted::ping_unanswered, "ping-unanswered", "xmpp_presence",
          "an iq of a session has no answer"},
    Plant{Planted::bytes_lost, "bytes-lost", "xmpp_stream",
          "what comes behind a stanza in one read is dropped"},
    Plant{Planted::silence_forgotten, "silence-forgotten", "xmpp_stream",
          "a silent stream is never ended"},
    Plant{Planted::login_unlimited, "login-unlimited", "xmpp_stream",
          "who connects may take for ever to log in"},
    Plant{Planted::notify_after_end, "notify-after-end", "sip_presence",
          "the last NOTIFY of a subscription has another behind it"},
    Plant{Planted::notify_cseq_kept, "notify-cseq-kept", "sip_presence",
          "all NOTIFY of a dialog have one number"},
    Plant{Planted::granted_too_long, "granted-too-long", "sip_presence",
          "a subscription is granted more time than was asked for"},
    Plant{Planted::refresh_ignored, "refresh-ignored", "sip_presence",
          "a re-SUBSCRIBE is granted, and the time runs on"},
    Plant{Planted::watch_kept, "watch-kept", "sip_presence",
          "a subscription does not end with its time"},
    Plant{Planted::registration_kept, "registration-kept", "sip_presence",
          "a registration does not end with its time"},
    Plant{Planted::delivery_kept, "delivery-kept", "sip_presence",
          "a MESSAGE that is over is not forgotten"},
    Plant{Planted::request_taken_twice, "request-taken-twice", "sip_message",
          "a repeated request is taken for another"},
    Plant{Planted::answer_unheard, "answer-unheard", "sip_message",
          "no answer to a request of ours is taken"},
    Plant{Planted::lost_flow_untold, "lost-flow-untold", "sip_message",
          "a link ends, and dialogs and bindings on it do not"},
    Plant{Planted::note_lost, "note-lost", "conversion",
          "XMPP watchers do not see what phones write"},
    Plant{Planted::show_changed, "show-changed", "conversion", "of xa, XMPP watchers see away"},
};

}  // namespace muster
