#include "codec/pidf/read.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "codec/pidf/values.h"
#include "codec/xml/namespaces.h"
#include "codec/xml/writer.h"

namespace muster::pidf {
namespace {

Error error_of(xml::Error error) {
  return xml::is_limit(error) ? Error::too_big : Error::bad_xml;
}

// Where the name in the start tag ends that the element begins with.
std::size_t name_end_of(std::string_view element) {
  return element.find_first_of(" \t\r\n/>");
}

// Reads one document; at the first limit it stops to add, and the failure stands.
class Reading {
 public:
  explicit Reading(const Limits& limits) : limits_(limits) {}

  Result<Document, Error> read(const xml::Element& root) {
    Document document;
    const std::string language = read_language(root, {});
    document.entity = root.attribute("entity").value_or(std::string_view());
    for (const xml::Element child : root.children()) {
      if (child.is("tuple", kNsPidf)) {
        if (count_part()) document.tuples.push_back(read_tuple(child, language));
      } else if (child.is("note", kNsPidf)) {
        add_note(document.notes, child, language);
      } else if (child.is("person", kNsDataModel)) {
        if (count_part()) document.persons.push_back(read_person(child, language));
      } else if (child.is("device", kNsDataModel)) {
        if (count_part()) document.devices.push_back(read_device(child, language));
      } else {
        add_extension(document.extensions, child, kNsPidf, language);
      }
      if (failure_) return Failure{*failure_};
    }
    return document;
  }

 private:
  Tuple read_tuple(const xml::Element& element, std::string_view around) {
    Tuple tuple;
    const std::string language = read_language(element, around);
    tuple.id = element.attribute("id").value_or(std::string_view());
    if (const auto status = element.child("status", kNsPidf)) {
      read_status(*status, tuple, language);
    }
    if (const auto contact = element.child("contact", kNsPidf)) {
      tuple.contact = trim(contact->text());
      tuple.priority = read_priority(trim(contact->attribute("priority").value_or("")));
    }
    for (const xml::Element child : element.children()) {
      if (child.is("note", kNsPidf)) {
        add_note(tuple.notes, child, language);
      } else {
        add_extension(tuple.extensions, child, kNsPidf, language);
      }
    }
    tuple.timestamp = read_timestamp(element, kNsPidf);
    return tuple;
  }

  void read_status(const xml::Element& status, Tuple& tuple, std::string_view around) {
    const std::string language = read_language(status, around);
    const std::string_view basic = trim(status.child_text("basic", kNsPidf));
    if (basic == "open") tuple.basic = Basic::open;
    if (basic == "closed") tuple.basic = Basic::closed;
    tuple.show = trim(status.child_text("show", xml::kNsClient));
    for (const xml::Element child : status.children()) {
      if (child.is("show", xml::kNsClient)) continue;
      add_extension(tuple.status_extensions, child, kNsPidf, language);
    }
  }

  Person read_person(const xml::Element& element, std::string_view around) {
    Person person;
    person.id = element.attribute("id").value_or(std::string_view());
    read_content(element, around, person.extensions, person.notes);
    person.timestamp = read_timestamp(element, kNsDataModel);
    return person;
  }

  Device read_device(const xml::Element& element, std::string_view around) {
    Device device;
    device.id = element.attribute("id").value_or(std::string_view());
    device.device_id = trim(element.child_text("deviceID", kNsDataModel));
    read_content(element, around, device.extensions, device.notes);
    device.timestamp = read_timestamp(element, kNsDataModel);
    return device;
  }

  void read_content(const xml::Element& element, std::string_view around,
                    std::vector<Extension>& extensions, std::vector<Note>& notes) {
    const std::string language = read_language(element, around);
    for (const xml::Element child : element.children()) {
      if (child.is("note", kNsDataModel)) {
        add_note(notes, child, language);
      } else {
        add_extension(extensions, child, kNsDataModel, language);
      }
    }
  }

  static std::string read_timestamp(const xml::Element& element, std::string_view ns) {
    const std::string_view text = trim(element.child_text("timestamp", ns));
    return is_date_time(text) ? std::string(text) : std::string();
  }

  bool count_part() {
    if (++parts_ > limits_.parts_max) fail(Error::too_many_parts);
    return !failure_;
  }

  void add_note(std::vector<Note>& notes, const xml::Element& element, std::string_view around) {
    if (++notes_ > limits_.notes_max) return fail(Error::too_many_notes);
    notes.push_back(read_note(element, around));
  }

  // `container` is the namespace of what it stands in: an element of the same one is no extension.
  void add_extension(std::vector<Extension>& extensions, const xml::Element& element,
                     std::string_view container, std::string_view around) {
    if (failure_ || element.ns().empty() || element.ns() == container) return;
    if (++extensions_ > limits_.extensions_max) return fail(Error::too_many_extensions);
    Extension extension = read_extension(element, around);
    if (!element.write_outer(extension.xml, kNsPidf)) return fail(Error::too_many_extensions);
    if (!extension.notes.empty()) state_languages(extension.xml, element, around);
    extension_bytes_ += extension.xml.size();
    if (extension_bytes_ > limits_.extension_bytes_max) return fail(Error::too_many_extensions);
    extensions.push_back(std::move(extension));
  }

  // Its notes keep their language wherever it is put. Each states its own: not each element that
  // may have notes may have xml:lang (RFC 4480 section 5: <relationship>). `xml` is the element as
  // it came, but for what was written into its start tag.
  void state_languages(std::string& xml, const xml::Element& element, std::string_view around) {
    if (around.empty() || element.attribute("lang", xml::kNsXml)) return;
    const std::string_view outer = element.outer();
    const std::size_t shift = xml.size() - outer.size();
    std::string stated;
    std::size_t copied = 0;
    for (const xml::Element child : element.children()) {
      if (!child.is("note", element.ns()) || child.attribute("lang", xml::kNsXml)) continue;
      const auto at = static_cast<std::size_t>(child.outer().data() - outer.data());
      const std::size_t name_end = shift + at + name_end_of(child.outer());
      stated.append(xml, copied, name_end - copied);
      xml::append_attribute(stated, "xml:lang", around);
      copied = name_end;
      if (stated.size() > limits_.extension_bytes_max) return fail(Error::too_many_extensions);
    }
    xml = std::move(stated.append(xml, copied));
  }

  void fail(Error error) {
    if (!failure_) failure_ = error;
  }

  const Limits& limits_;
  std::size_t parts_ = 0;
  std::size_t notes_ = 0;
  std::size_t extensions_ = 0;
  std::size_t extension_bytes_ = 0;
  std::optional<Error> failure_;
};

}  // namespace

std::string_view to_string(Error error) {
  switch (error) {
    case Error::bad_xml: return "bad_xml";
    case Error::not_presence: return "not_presence";
    case Error::too_big: return "too_big";
    case Error::too_many_parts: return "too_many_parts";
    case Error::too_many_notes: return "too_many_notes";
    case Error::too_many_extensions: return "too_many_extensions";
  }
  MUSTER_UNREACHABLE("an error is one of its enumerators");
}

Reader::Reader(const Limits& limits)
    : limits_(limits), parser_(xml::Limits{.bytes_max = limits.bytes_max}) {}

Result<Document, Error> Reader::read(std::string_view body) {
  const auto root = parser_.parse(body);
  if (!root) return Failure{error_of(root.error())};
  if (!root->is("presence", kNsPidf)) return Failure{Error::not_presence};
  return Reading(limits_).read(*root);
}

std::string Reader::with_language(std::string_view body, std::string_view language) {
  std::string text(body);
  const auto root = parser_.parse(body);
  if (!root || root->attribute("lang", xml::kNsXml)) return text;
  std::string stated;
  xml::append_attribute(stated, "xml:lang", language);
  const auto at = static_cast<std::size_t>(root->outer().data() - body.data());
  return text.insert(at + name_end_of(root->outer()), stated);
}

}  // namespace muster::pidf
