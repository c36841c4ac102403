#include "server/conversion/resources.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "codec/pidf/values.h"
#include "codec/xml/writer.h"
#include "server/conversion/names.h"
#include "server/conversion/priority.h"
#include "server/conversion/show.h"
#include "server/conversion/text.h"

namespace muster {
namespace {

using pidf::Extension;
using pidf::Note;
using Resource = TuplesConverted::Resource;

std::string unique_name(const std::string& wanted, const std::vector<Resource>& others) {
  std::string name = wanted;
  const auto is_taken = [&](const Resource& other) { return other.resource == name; };
  for (int i = 2; std::any_of(others.begin(), others.end(), is_taken); ++i) {
    name = wanted + "-" + std::to_string(i);
  }
  return name;
}

// Adds those that say something, in a language that none of `notes` has.
void add_notes(std::vector<Note>& notes, const std::vector<Note>& more, const Limits& limits) {
  for (const Note& note : more) {
    const bool has_language = std::any_of(notes.begin(), notes.end(), [&](const Note& known) {
      return known.language == note.language;
    });
    if (has_language || notes.size() >= limits.statuses_max || pidf::trim(note.text).empty()) {
      continue;
    }
    notes.push_back({cut(note.text, limits.status_bytes_max), note.language});
  }
}

// Those of the place that is nearest to the tuple and says something.
std::vector<Note> notes_of(const pidf::Tuple& tuple, const pidf::Document& document, UnixTime now,
                           const Limits& limits) {
  std::vector<Note> notes;
  add_notes(notes, tuple.notes, limits);
  if (!notes.empty()) return notes;
  for (const pidf::Person& person : document.persons)
    add_notes(notes, person.notes, limits);
  if (!notes.empty()) return notes;
  for (const pidf::Person& person : document.persons) {
    for (const Extension& extension : person.extensions) {
      const bool counts = extension.kind == Extension::Kind::activities && holds_at(extension, now);
      if (counts) add_notes(notes, extension.notes, limits);
    }
  }
  if (!notes.empty()) return notes;
  add_notes(notes, document.notes, limits);
  return notes;
}

Show show_of(const pidf::Tuple& tuple, const pidf::Document& document, UnixTime now) {
  const Show own = read_show(tuple.show);
  if (own != Show::free) return own;
  Show least = std::max(show_of(tuple.extensions, now), show_of(tuple.status_extensions, now));
  if (least != Show::free) return least;
  for (const pidf::Person& person : document.persons) {
    least = std::max(least, show_of(person.extensions, now));
  }
  return least;
}

// Since when nobody has touched what `extensions` are about; empty if that is not known to a point
// in time (XEP-0082 wants a zone).
std::string idle_since(const std::vector<Extension>& extensions) {
  const Extension* input = pidf::find(extensions, Extension::Kind::user_input);
  if (input == nullptr || input->text != "idle") return {};
  constexpr std::size_t kTimeEnd = 19;
  return input->from.find_first_of("Z+-", kTimeEnd) == std::string::npos ? "" : input->from;
}

std::string idle_since(const pidf::Tuple& tuple, const pidf::Document& document) {
  std::string since = idle_since(tuple.extensions);
  for (auto person = document.persons.begin(); since.empty() && person != document.persons.end();
       ++person) {
    since = idle_since(person->extensions);
  }
  return since;
}

// The rest of a stanza, behind its `to`, around `content`.
SharedText rest_of_stanza(bool available, std::string_view content) {
  std::string rest = available ? "'" : "' type='unavailable'";
  if (content.empty()) {
    rest.append("/>");
  } else {
    rest.append(1, '>').append(content).append("</presence>");
  }
  return share(std::move(rest));
}

void append_priority(std::string& out, std::int8_t priority) {
  if (priority != 0) xml::append_text_element(out, "priority", std::to_string(priority));
}

Resource resource_of(const pidf::Tuple& tuple, const pidf::Document& document, UnixTime now,
                     const Limits& limits) {
  Resource resource;
  resource.available = tuple.basic == pidf::Basic::open;
  std::string content;
  if (resource.available) {
    resource.priority = xmpp_priority(tuple.priority.value_or(0));
    const Show show = show_of(tuple, document, now);
    if (show != Show::free) xml::append_text_element(content, "show", name_of(show));
  }
  for (const Note& note : notes_of(tuple, document, now, limits)) {
    content.append("<status");
    if (!note.language.empty()) xml::append_attribute(content, "xml:lang", note.language);
    content.append(1, '>');
    xml::append_escaped(content, note.text);
    content.append("</status>");
  }
  if (resource.available) {
    append_priority(content, resource.priority);
    const std::string since = idle_since(tuple, document);
    if (!since.empty()) {
      content.append("<idle xmlns='").append(kNsIdle).append(1, '\'');
      xml::append_attribute(content, "since", since);
      content.append("/>");
    }
  }
  resource.after = rest_of_stanza(resource.available, content);
  return resource;
}

}  // namespace

std::vector<Resource> resources_of(const pidf::Document& document, UnixTime now,
                                   const Limits& limits) {
  std::vector<Resource> resources;
  for (const pidf::Tuple& tuple : document.tuples) {
    if (resources.size() == limits.tuples_shown_max) break;
    Resource resource = resource_of(tuple, document, now, limits);
    resource.resource = unique_name(resource_name_of_id(tuple.id), resources);
    resources.push_back(std::move(resource));
  }
  return resources;
}

Resource resource_of(const Registration& registration) {
  Resource resource;
  resource.resource = resource_name(registration.name);
  resource.priority = xmpp_priority(registration.thousandths);
  std::string content;
  append_priority(content, resource.priority);
  resource.after = rest_of_stanza(true, content);
  return resource;
}

}  // namespace muster
