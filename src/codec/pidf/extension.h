// An element of a presence document that is not PIDF's own. All are kept as XML, so that nothing is
// lost; those of the data model (RFC 4479), RPID (RFC 4480), timed status (RFC 4481) and CIPID
// (RFC 4482) are also read, all in one form, for who converts presence.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/xml/element.h"

namespace muster::pidf {

inline constexpr std::string_view kNsPidf = "urn:ietf:params:xml:ns:pidf";
inline constexpr std::string_view kNsDataModel = "urn:ietf:params:xml:ns:pidf:data-model";
inline constexpr std::string_view kNsRpid = "urn:ietf:params:xml:ns:pidf:rpid";
inline constexpr std::string_view kNsTimedStatus = "urn:ietf:params:xml:ns:pidf:timed-status";
inline constexpr std::string_view kNsCipid = "urn:ietf:params:xml:ns:pidf:cipid";

// A text for people (RFC 3863 section 4.1.6).
struct Note {
  std::string text;
  std::string language;  // xml:lang, its own or that around it; empty: not known

  friend bool operator==(const Note&, const Note&) = default;
};

// One thing an enumeration says: <away/> is {"away", ""}, <other>reading</other> is {"other",
// "reading"}, <audio><noisy/></audio> is {"audio", "noisy"}.
struct Value {
  std::string name;
  std::string content;

  friend bool operator==(const Value&, const Value&) = default;
};

struct Extension {
  enum class Kind : std::uint8_t {
    unknown,  // of another namespace: only `xml` is filled
    device_id,
    activities,
    class_label,
    mood,
    place_is,
    place_type,
    privacy,
    relationship,
    service_class,
    sphere,
    status_icon,
    time_offset,
    user_input,
    timed_status,
    card,
    display_name,
    homepage,
    icon,
    map,
    sound,
  };
  Kind kind = Kind::unknown;

  // The element, to be put where the default namespace is PIDF's and no prefix is bound.
  std::string xml;

  std::string text;           // of one that holds text: a URI, "idle", a name, minutes
  std::vector<Value> values;  // of one that holds elements
  std::vector<Note> notes;    // ... but for these
  // RFC 4480 section 3.1, RFC 4481; for user_input, `from` is its last-input (section 3.14).
  std::string from;
  std::string until;

  friend bool operator==(const Extension&, const Extension&) = default;
};

// Null if there is none of that kind.
const Extension* find(const std::vector<Extension>& extensions, Extension::Kind kind);
// Its first value of that name; null if there is none.
const Value* find(const Extension& extension, std::string_view name);

// The language of an element's text: its own xml:lang, or `around`, that of what is around it.
std::string read_language(const xml::Element& element, std::string_view around);
Note read_note(const xml::Element& element, std::string_view around);

// What an element says, but for its `xml`; the language of what is around it is `around`.
Extension read_extension(const xml::Element& element, std::string_view around);

// New ones. An enumeration, as of activities or mood, of names that its schema has; contents are
// written as text, but for place_is, where they are names too.
Extension enumeration(Extension::Kind kind, std::vector<Value> values,
                      std::vector<Note> notes = {});
// One that holds text; `from` as above.
Extension plain(Extension::Kind kind, std::string text, std::string from = {});

}  // namespace muster::pidf
