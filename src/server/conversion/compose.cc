#include "server/conversion/compose.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "codec/address/sip_address.h"
#include "codec/pidf/id.h"
#include "codec/pidf/values.h"
#include "codec/pidf/write.h"
#include "codec/sip/uri.h"
#include "codec/xml/namespaces.h"
#include "server/conversion/names.h"
#include "server/conversion/priority.h"
#include "server/conversion/show.h"
#include "server/conversion/text.h"

namespace muster {
namespace {

using pidf::Basic;
using pidf::Extension;

// To the millisecond: successive documents must not have the same one (RFC 3863 section 4.1.7).
std::string timestamp_of(UnixTime time) {
  std::string text = rfc3339(time);
  const std::int64_t milliseconds = time.since_epoch().in_milliseconds() % 1'000;
  if (milliseconds == 0) return text;
  std::string fraction = std::to_string(1'000 + milliseconds);
  fraction.front() = '.';
  return text.insert(text.size() - 1, fraction);
}

// A contact that is no URI would make the whole document invalid.
bool is_uri(std::string_view text) {
  return sip::parse_uri(text).has_value();
}

// The SIP URI of a resource (RFC 7247 section 6.5). Brackets may stand in its "gr" by RFC 3261, but
// not by RFC 3986, which the schema goes by.
std::string contact_of(const Address& full) {
  std::string uri;
  append_sip_uri(uri, full);
  for (std::size_t at = uri.rfind(";gr="); at < uri.size(); ++at) {
    if (uri[at] == '[') uri.replace(at, 1, "%5B");
    if (uri[at] == ']') uri.replace(at, 1, "%5D");
  }
  return uri;
}

class Composing {
 public:
  Composing(const Address& account, const Limits& limits, Parsers& parsers)
      : account_(account), limits_(limits), parsers_(parsers) {
    append_pres_uri(document_.entity, account);
  }

  void add(const XmppSource& source) {
    if (!has_room()) return;
    pidf::Tuple& tuple = document_.tuples.emplace_back();
    tuple.id = pidf::to_id(kIdPrefix, source.resource);
    tuple.basic = source.available ? Basic::open : Basic::closed;
    tuple.timestamp = timestamp_of(source.changed);
    if (source.available) {
      tuple.contact = contact_of(account_.with_resource(source.resource));
      tuple.priority = pidf_priority(source.priority);
    }
    const Show show = read_stanza(source, tuple);
    if (!source.available) return;
    tuple.show = name_of(show);
    if (!best_ || show < *best_) {
      best_ = show;
      best_since_ = tuple.timestamp;
    }
  }

  void add(const PublicationSource& source) {
    auto published = parsers_.document(*source.document);
    if (!published) return;
    published_ = true;
    for (pidf::Tuple& tuple : published->tuples) {
      limit_id(tuple.id);
      if (!is_uri(tuple.contact)) tuple.contact.clear();
    }
    for (pidf::Person& person : published->persons)
      limit_id(person.id);
    for (pidf::Device& device : published->devices)
      limit_id(device.id);
    std::erase_if(published->devices, [](const pidf::Device& d) { return !is_uri(d.device_id); });
    const auto has_room_for_part = [this] { return has_room(); };
    add_new(document_.tuples, published->tuples, has_room_for_part);
    add_new(document_.persons, published->persons, has_room_for_part);
    add_new(document_.devices, published->devices, has_room_for_part);
    add_new(document_.notes, published->notes,
            [this] { return document_.notes.size() < kComposedMax.notes_max; });
    add_new(document_.extensions, published->extensions,
            [this] { return document_.extensions.size() < kComposedMax.extensions_max; });
  }

  void add(const RegistrationSource& source) {
    if (!has_room()) return;
    const Registration& registration = source.registration;
    pidf::Tuple& tuple = document_.tuples.emplace_back();
    tuple.id = pidf::to_id(kIdPrefix, resource_name(registration.name));
    tuple.basic = Basic::open;
    if (is_uri(registration.contact)) tuple.contact = registration.contact;
    tuple.priority = registration.thousandths;
  }

  std::string write() {
    add_person();
    if (says_nothing()) add_nobody();
    std::string text = written();
    if (!fits(text)) {
      drop_extensions();
      text = written();
    }
    if (!fits(text)) {
      drop_notes();
      text = written();
    }
    while (!fits(text) && !document_.tuples.empty()) {
      const std::size_t tuples = document_.tuples.size();
      const std::size_t fit = tuples * limits_.composed_bytes_max / text.size();
      document_.tuples.resize(std::min(fit, tuples - 1));
      text = written();
    }
    return text;
  }

 private:
  bool has_room() const {
    return document_.tuples.size() + document_.persons.size() + document_.devices.size() <
           kComposedMax.parts_max;
  }

  template <class T, class HasRoom>
  static void add_new(std::vector<T>& all, std::vector<T>& more, HasRoom room) {
    for (T& one : more) {
      if (!room()) return;
      if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(std::move(one));
    }
  }

  // What the stanza says besides; its <show/> is the answer.
  Show read_stanza(const XmppSource& source, pidf::Tuple& tuple) {
    if (source.after == nullptr) return Show::free;
    constexpr std::string_view kBefore = "<presence to='";
    stanza_.clear();
    stanza_.append(kBefore).append(*source.after);
    const auto stanza = parsers_.stanza(stanza_);
    if (!stanza) return Show::free;
    const std::string language = pidf::read_language(*stanza, {});
    for (const xml::Element child : stanza->children()) {
      if (child.is("status", xml::kNsClient)) {
        if (tuple.notes.size() == limits_.statuses_max || child.text().empty()) continue;
        tuple.notes.push_back(
            {cut(child.text(), limits_.status_bytes_max), pidf::read_language(child, language)});
      } else if (child.is("idle", kNsIdle) && source.available) {
        const std::string_view since = child.attribute("since").value_or(std::string_view());
        const bool fits_in = tuple.extensions.empty() && since.size() <= kIdleSinceBytesMax;
        if (!fits_in || !pidf::is_date_time(since)) continue;
        tuple.extensions.push_back(
            pidf::plain(Extension::Kind::user_input, "idle", std::string(since)));
      }
    }
    return read_show(pidf::trim(stanza->child_text("show", xml::kNsClient)));
  }

  static void limit_id(std::string& id) {
    if (id.size() > kPartIdBytesMax) id.clear();
  }

  // RFC 4480 has activities of persons only. She is as available as the most available of her
  // sessions (RFC 8048 section 6.2); who publishes says herself what she does.
  void add_person() {
    if (published_ || !best_ || activity_of(*best_).empty() || !has_room()) return;
    pidf::Person& person = document_.persons.emplace_back();
    person.id = "person";
    person.extensions.push_back(
        pidf::enumeration(Extension::Kind::activities, {{std::string(activity_of(*best_)), {}}}));
    person.timestamp = best_since_;
  }

  bool says_nothing() const {
    return document_.tuples.empty() && document_.persons.empty() && document_.devices.empty() &&
           document_.notes.empty() && document_.extensions.empty();
  }
  void add_nobody() {
    pidf::Tuple& tuple = document_.tuples.emplace_back();
    tuple.id = "offline";
    tuple.basic = Basic::closed;
  }

  bool fits(std::string_view text) const {
    std::size_t notes = document_.notes.size();
    std::size_t extensions = document_.extensions.size();
    for (const pidf::Tuple& tuple : document_.tuples) {
      notes += tuple.notes.size();
      extensions += tuple.extensions.size() + tuple.status_extensions.size();
    }
    for (const pidf::Person& person : document_.persons) {
      notes += person.notes.size();
      extensions += person.extensions.size();
    }
    for (const pidf::Device& device : document_.devices) {
      notes += device.notes.size();
      extensions += device.extensions.size();
    }
    return text.size() <= limits_.composed_bytes_max && notes <= kComposedMax.notes_max &&
           extensions <= kComposedMax.extensions_max;
  }

  void drop_extensions() {
    for (pidf::Tuple& tuple : document_.tuples) {
      tuple.status_extensions.clear();
      tuple.extensions.clear();
    }
    document_.persons.clear();
    document_.devices.clear();
    document_.extensions.clear();
  }
  void drop_notes() {
    for (pidf::Tuple& tuple : document_.tuples)
      tuple.notes.clear();
    document_.notes.clear();
  }

  std::string written() const {
    std::string text;
    text.reserve(512 * (1 + document_.tuples.size()));
    pidf::write(document_, text);
    return text;
  }

  const Address& account_;
  const Limits& limits_;
  Parsers& parsers_;
  pidf::Document document_;
  std::string stanza_;
  bool published_ = false;
  std::optional<Show> best_;  // of the sessions
  std::string best_since_;
};

}  // namespace

std::string compose(const DocumentWanted& wanted, const Limits& limits, Parsers& parsers) {
  Composing composing(wanted.account, limits, parsers);
  for (const PresenceSource& source : wanted.sources) {
    std::visit([&](const auto& one) { composing.add(one); }, source);
  }
  return composing.write();
}

}  // namespace muster
