// How available somebody is: the <show/> of XMPP (RFC 6121 section 4.7.2.1) and what the activities
// of RPID (RFC 4480 section 3.2) say of it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "codec/pidf/extension.h"

namespace muster {

// The most available first. `free` is available without a <show/>.
enum class Show : std::uint8_t { chat, free, dnd, away, xa };

// "away", ...; empty for `free`.
std::string_view name_of(Show show);
// `free` for what is none of the four.
Show read_show(std::string_view text);

// RPID's word for it: dnd is "busy" ("merely means busy", RFC 8048 table 1 note 7), away and xa are
// "away". RPID has none for the others: empty.
std::string_view activity_of(Show show);

// What an activity says of who does it; the table is in show.cc. `free` for those that say nothing.
Show show_of_activity(std::string_view activity);

// The least available that the activities among `extensions` say which hold at `now` (their `from`
// and `until`, RFC 4480 section 3.1).
Show show_of(const std::vector<pidf::Extension>& extensions, UnixTime now);

// Whether `extension` holds at `now`, by its `from` and `until`.
bool holds_at(const pidf::Extension& extension, UnixTime now);

}  // namespace muster
