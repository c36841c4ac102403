#include "shell/dropped_news.h"

namespace muster {
namespace {

std::array<std::uint64_t, kSipDrops> news_in(const SipCounters& counters) {
  std::array<std::uint64_t, kSipDrops> dropped = counters.dropped;
  for (const SipDrop usual : {SipDrop::keep_alive, SipDrop::stray_response, SipDrop::link_silent})
    dropped[static_cast<std::size_t>(usual)] = 0;
  return dropped;
}

}  // namespace

std::optional<std::string> DroppedNews::of(Now now, const SipCounters& counters) {
  waits_ = news_in(counters) != told_;
  if (!waits_ || (tell_at_ && now.instant < *tell_at_)) return std::nullopt;
  tell_at_ = now.instant + kTellEvery;
  return rest(counters);
}

std::optional<std::string> DroppedNews::rest(const SipCounters& counters) {
  const auto dropped = news_in(counters);
  waits_ = false;
  if (dropped == told_) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < kSipDrops; ++i) {
    if (dropped[i] == told_[i]) continue;
    if (!text.empty()) text += ", ";
    text.append(text_of(static_cast<SipDrop>(i))).append(" ");
    text += std::to_string(dropped[i] - told_[i]);
  }
  told_ = dropped;
  return text;
}

}  // namespace muster
