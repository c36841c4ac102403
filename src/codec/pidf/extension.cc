#include "codec/pidf/extension.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "codec/pidf/values.h"
#include "codec/xml/namespaces.h"
#include "codec/xml/writer.h"

namespace muster::pidf {
namespace {

using Kind = Extension::Kind;

struct KindName {
  Kind kind;
  std::string_view ns;
  std::string_view name;
};

constexpr KindName kKinds[] = {
    {Kind::device_id, kNsDataModel, "deviceID"},
    {Kind::activities, kNsRpid, "activities"},
    {Kind::class_label, kNsRpid, "class"},
    {Kind::mood, kNsRpid, "mood"},
    {Kind::place_is, kNsRpid, "place-is"},
    {Kind::place_type, kNsRpid, "place-type"},
    {Kind::privacy, kNsRpid, "privacy"},
    {Kind::relationship, kNsRpid, "relationship"},
    {Kind::service_class, kNsRpid, "service-class"},
    {Kind::sphere, kNsRpid, "sphere"},
    {Kind::status_icon, kNsRpid, "status-icon"},
    {Kind::time_offset, kNsRpid, "time-offset"},
    {Kind::user_input, kNsRpid, "user-input"},
    {Kind::timed_status, kNsTimedStatus, "timed-status"},
    {Kind::card, kNsCipid, "card"},
    {Kind::display_name, kNsCipid, "display-name"},
    {Kind::homepage, kNsCipid, "homepage"},
    {Kind::icon, kNsCipid, "icon"},
    {Kind::map, kNsCipid, "map"},
    {Kind::sound, kNsCipid, "sound"},
};

const KindName& name_of(Kind kind) {
  const auto* const found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                         [&](const KindName& row) { return row.kind == kind; });
  MUSTER_CHECK(found != std::end(kKinds));
  return *found;
}

Kind kind_of(const xml::Element& element) {
  for (const KindName& row : kKinds) {
    if (element.is(row.name, row.ns)) return row.kind;
  }
  return Kind::unknown;
}

// What a new element and those in it are called. RPID's have the prefix of RFC 4480's examples:
// there are phones that look for the very text "<rpid:busy/>" (baresip). It is bound where it is
// used, not by the document, so that an extension is whole wherever it is put.
struct NewNames {
  explicit NewNames(const KindName& row) : ns(row.ns) {
    if (ns == kNsRpid) {
      prefix = "rpid:";
      declaration = "xmlns:rpid";
    }
    element = (*this)(row.name);
  }

  std::string operator()(std::string_view name) const { return std::string(prefix).append(name); }

  std::string_view ns;
  std::string_view prefix;
  std::string_view declaration = "xmlns";
  std::string element;
};

Value read_value(const xml::Element& element) {
  Value value{std::string(element.name()), std::string(trim(element.text()))};
  const xml::ChildRange children = element.children();
  if (value.content.empty() && !children.empty()) value.content = (*children.begin()).name();
  return value;
}

// Of an element that is kept as it came: one whose xml:lang is no language says so wherever it is
// put, and has none.
std::string kept_language(const xml::Element& element, std::string_view around) {
  const auto own = element.attribute("lang", xml::kNsXml);
  return own ? read_language(element, {}) : std::string(around);
}

std::string date_time_of(const xml::Element& element, std::string_view attribute) {
  const std::string_view text = element.attribute(attribute).value_or(std::string_view());
  return is_date_time(text) ? std::string(text) : std::string();
}

}  // namespace

const Extension* find(const std::vector<Extension>& extensions, Kind kind) {
  const auto found =
      std::find_if(extensions.begin(), extensions.end(),
                   [&](const Extension& extension) { return extension.kind == kind; });
  return found == extensions.end() ? nullptr : &*found;
}

const Value* find(const Extension& extension, std::string_view name) {
  const auto found = std::find_if(extension.values.begin(), extension.values.end(),
                                  [&](const Value& value) { return value.name == name; });
  return found == extension.values.end() ? nullptr : &*found;
}

std::string read_language(const xml::Element& element, std::string_view around) {
  const auto own = element.attribute("lang", xml::kNsXml);
  return std::string(own && (own->empty() || is_language(*own)) ? *own : around);
}

Note read_note(const xml::Element& element, std::string_view around) {
  return {std::string(element.text()), read_language(element, around)};
}

Extension read_extension(const xml::Element& element, std::string_view around) {
  Extension extension;
  extension.kind = kind_of(element);
  if (extension.kind == Kind::unknown) return extension;
  const std::string language = kept_language(element, around);
  for (const xml::Element child : element.children()) {
    if (child.is("note", element.ns())) {
      extension.notes.push_back({std::string(child.text()), kept_language(child, language)});
    } else {
      extension.values.push_back(read_value(child));
    }
  }
  extension.text = trim(element.text());
  const bool input = extension.kind == Kind::user_input;
  extension.from = date_time_of(element, input ? "last-input" : "from");
  extension.until = date_time_of(element, "until");
  return extension;
}

Extension enumeration(Kind kind, std::vector<Value> values, std::vector<Note> notes) {
  const NewNames named(name_of(kind));
  Extension extension;
  xml::Writer writer(extension.xml);
  writer.open(named.element).attribute(named.declaration, named.ns);
  const std::string note_name = named("note");
  for (const Note& note : notes) {
    writer.open(note_name);
    if (!note.language.empty()) writer.attribute("xml:lang", note.language);
    writer.text(note.text).close();
  }
  for (const Value& value : values) {
    const std::string value_name = named(value.name);
    writer.open(value_name);
    if (!value.content.empty()) {
      if (kind == Kind::place_is) {
        const std::string content_name = named(value.content);
        writer.open(content_name).close();
      } else {
        writer.text(value.content);
      }
    }
    writer.close();
  }
  writer.close();
  extension.kind = kind;
  extension.values = std::move(values);
  extension.notes = std::move(notes);
  return extension;
}

Extension plain(Kind kind, std::string text, std::string from) {
  const NewNames named(name_of(kind));
  Extension extension;
  xml::Writer writer(extension.xml);
  writer.open(named.element).attribute(named.declaration, named.ns);
  if (!from.empty()) writer.attribute(kind == Kind::user_input ? "last-input" : "from", from);
  writer.text(text).close();
  extension.kind = kind;
  extension.text = std::move(text);
  extension.from = std::move(from);
  return extension;
}

}  // namespace muster::pidf
