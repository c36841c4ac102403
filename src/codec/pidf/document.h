// A presence document (PIDF, RFC 3863) with the data model of RFC 4479, as plain values. What is
// not PIDF's own is in `extensions` (extension.h), in the order it came.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "codec/pidf/extension.h"

namespace muster::pidf {

enum class Basic : std::uint8_t { open, closed };

// The presence of one service (RFC 3863 section 4.1.2): of an XMPP resource, of a phone.
struct Tuple {
  std::string id;  // xs:ID, unique in the document (id.h)

  // Of <status>: reachable or not; the XMPP <show/> (RFC 8048 table 1 note 7), empty if there is
  // none; what else it holds.
  std::optional<Basic> basic;
  std::string show;
  std::vector<Extension> status_extensions;

  std::vector<Extension> extensions;
  std::string contact;                    // a URI; empty if there is none
  std::optional<std::uint16_t> priority;  // of the contact, in thousandths, 0..1000
  std::vector<Note> notes;
  std::string timestamp;  // RFC 3339; empty if there is none

  friend bool operator==(const Tuple&, const Tuple&) = default;
};

// RFC 4479 section 3.2.
struct Person {
  std::string id;
  std::vector<Extension> extensions;
  std::vector<Note> notes;
  std::string timestamp;

  friend bool operator==(const Person&, const Person&) = default;
};

// RFC 4479 section 3.4.
struct Device {
  std::string id;
  std::vector<Extension> extensions;
  std::string device_id;  // a URN
  std::vector<Note> notes;
  std::string timestamp;

  friend bool operator==(const Device&, const Device&) = default;
};

struct Document {
  std::string entity;  // the URI of the presentity
  std::vector<Tuple> tuples;
  std::vector<Note> notes;
  std::vector<Person> persons;
  std::vector<Device> devices;
  std::vector<Extension> extensions;

  friend bool operator==(const Document&, const Document&) = default;
};

}  // namespace muster::pidf
