#include "app/config/limit_settings.h"

#include <array>
#include <boost/pfr/tuple_size.hpp>

#include "app/config/quantity.h"
#include "base/overloaded.h"
#include "codec/pidf/limits.h"
#include "codec/sip/limits.h"
#include "codec/xml/limits.h"
#include "shell/links.h"

namespace muster {
namespace {

constexpr std::uint64_t seconds(std::int64_t n) {
  return static_cast<std::uint64_t>(Duration::seconds(n).in_microseconds());
}
constexpr std::uint64_t kDay = seconds(24 * 3600);

constexpr LimitSetting count(std::string_view key, std::uint32_t Limits::*field,
                             std::uint64_t least = 1, std::uint64_t most = kCountMax) {
  return {key, field, least, most};
}
constexpr LimitSetting size(std::string_view key, std::uint32_t Limits::*field,
                            std::uint64_t least = 1, std::uint64_t most = kSizeMax) {
  return {key, field, least, most};
}
constexpr LimitSetting time(std::string_view key, Duration Limits::*field,
                            std::uint64_t least = seconds(1), std::uint64_t most = kDay) {
  return {key, field, least, most};
}

constexpr std::array kLimitTable = {
    // RFC 6120 section 13.12: not below 10000 bytes.
    size("stanza_bytes_max", &Limits::stanza_bytes_max, 10'000, xml::kParseBytesMax),
    count("sessions_per_user_max", &Limits::sessions_per_user_max),
    count("roster_items_max", &Limits::roster_items_max),
    size("roster_name_bytes_max", &Limits::roster_name_bytes_max),
    size("roster_group_bytes_max", &Limits::roster_group_bytes_max),
    count("roster_groups_max", &Limits::roster_groups_max),
    size("subscription_bytes_max", &Limits::subscription_bytes_max, 512),
    count("directed_presences_max", &Limits::directed_presences_max),
    count("streams_per_shard_max", &Limits::streams_per_shard_max),
    // RFC 6120 section 6.4.5: at least two retries; each guess beyond them helps a guesser.
    count("sasl_attempts_max", &Limits::sasl_attempts_max, 2, 100),
    count("bind_attempts_max", &Limits::bind_attempts_max),
    count("registration_attempts_max", &Limits::registration_attempts_max),
    time("login_time_max", &Limits::login_time_max),
    time("stream_silence_max", &Limits::stream_silence_max),
    time("ping_answer_time_max", &Limits::ping_answer_time_max),
    count("unacknowledged_stanzas_max", &Limits::unacknowledged_stanzas_max, 100),
    // All of it is sent at once to the link with which a session resumes, and what was said there
    // before waits, too.
    size("unacknowledged_bytes_max", &Limits::unacknowledged_bytes_max, 65'536,
         Links::kUnwrittenBytesMax / 2),
    size("unacknowledged_bytes_per_shard_max", &Limits::unacknowledged_bytes_per_shard_max,
         1'048'576),
    count("stanzas_per_ack_request", &Limits::stanzas_per_ack_request),
    count("waiting_sessions_per_shard_max", &Limits::waiting_sessions_per_shard_max),
    time("resumption_time_max", &Limits::resumption_time_max, 0),
    size("sip_header_bytes_max", &Limits::sip_header_bytes_max, 1'300, sip::kHeaderSectionBytesMax),
    size("sip_body_bytes_max", &Limits::sip_body_bytes_max, 1, sip::kBodyBytesMax),
    count("sip_requests_per_shard_max", &Limits::sip_requests_per_shard_max),
    size("sip_request_bytes_per_shard_max", &Limits::sip_request_bytes_per_shard_max, 65'536),
    count("sip_calls_per_shard_max", &Limits::sip_calls_per_shard_max),
    count("sip_links_per_shard_max", &Limits::sip_links_per_shard_max),
    count("sip_peers_per_shard_max", &Limits::sip_peers_per_shard_max),
    size("sip_unfinished_bytes_per_shard_max", &Limits::sip_unfinished_bytes_per_shard_max, 65'536),
    time("sip_message_time_max", &Limits::sip_message_time_max),
    time("sip_link_silence_max", &Limits::sip_link_silence_max),
    size("sip_dialog_bytes_max", &Limits::sip_dialog_bytes_max, 512),
    count("watches_per_watcher_max", &Limits::watches_per_watcher_max),
    count("watchers_per_presentity_max", &Limits::watchers_per_presentity_max),
    count("publications_per_user_max", &Limits::publications_per_user_max),
    count("registrations_per_user_max", &Limits::registrations_per_user_max),
    size("registration_bytes_max", &Limits::registration_bytes_max, 256),
    size("page_message_bytes_max", &Limits::page_message_bytes_max, 1, sip::kBodyBytesMax),
    count("page_messages_waiting_max", &Limits::page_messages_waiting_max),
    size("document_bytes_max", &Limits::document_bytes_max, 512, pidf::Limits{}.bytes_max),
    time("expires_min", &Limits::expires_min),
    time("subscription_time_max", &Limits::subscription_time_max),
    time("publication_time_max", &Limits::publication_time_max),
    time("registration_time_max", &Limits::registration_time_max),
    time("notify_interval_min", &Limits::notify_interval_min, 0),
    size("composed_bytes_max", &Limits::composed_bytes_max, 1'024),
    size("status_bytes_max", &Limits::status_bytes_max),
    count("statuses_max", &Limits::statuses_max),
    count("tuples_shown_max", &Limits::tuples_shown_max),
};
static_assert(kLimitTable.size() == boost::pfr::tuple_size_v<Limits>,
              "a limit of server/settings.h has no key here (and in config/musterd.toml)");

}  // namespace

std::uint64_t LimitSetting::get(const Limits& limits) const {
  return std::visit(Overloaded{
                        [&](std::uint32_t Limits::*count) { return std::uint64_t{limits.*count}; },
                        [&](Duration Limits::*time) {
                          return static_cast<std::uint64_t>((limits.*time).in_microseconds());
                        },
                    },
                    field);
}

void LimitSetting::set(Limits& limits, std::uint64_t value) const {
  std::visit(
      Overloaded{
          [&](std::uint32_t Limits::*count) { limits.*count = static_cast<std::uint32_t>(value); },
          [&](Duration Limits::*time) {
            limits.*time = Duration::microseconds(static_cast<std::int64_t>(value));
          },
      },
      field);
}

std::string LimitSetting::text(std::uint64_t value) const {
  if (is_duration()) {
    return duration_text(Duration::microseconds(static_cast<std::int64_t>(value)));
  }
  return is_size() ? size_text(value) : std::to_string(value);
}

std::span<const LimitSetting> limit_settings() {
  return kLimitTable;
}

}  // namespace muster
