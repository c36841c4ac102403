#include "codec/pidf/write.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "codec/pidf/id.h"
#include "codec/pidf/values.h"
#include "codec/xml/namespaces.h"
#include "codec/xml/writer.h"

namespace muster::pidf {
namespace {

// The elements that PIDF and the data model have in common, by the names they have in each.
struct Names {
  std::string_view note;
  std::string_view timestamp;
};
constexpr Names kPidf{"note", "timestamp"};
constexpr Names kDataModel{"dm:note", "dm:timestamp"};

class Writing {
 public:
  explicit Writing(std::string& out) : writer_(out) {}

  void write(const Document& document) {
    writer_.verbatim("<?xml version='1.0' encoding='UTF-8'?>\n");
    writer_.open("presence").attribute("xmlns", kNsPidf);
    if (!document.persons.empty() || !document.devices.empty()) {
      writer_.attribute("xmlns:dm", kNsDataModel);
    }
    writer_.attribute("entity", document.entity);
    for (const Tuple& tuple : document.tuples)
      write(tuple);
    write(document.notes, kPidf);
    for (const Person& person : document.persons)
      write(person);
    for (const Device& device : document.devices)
      write(device);
    write(document.extensions);
    writer_.close();
  }

 private:
  // The order of each is its schema's.
  void write(const Tuple& tuple) {
    writer_.open("tuple").attribute("id", unique(tuple.id));
    writer_.open("status");
    if (tuple.basic) write("basic", *tuple.basic == Basic::open ? "open" : "closed");
    if (!tuple.show.empty()) {
      writer_.open("show").attribute("xmlns", xml::kNsClient).text(tuple.show).close();
    }
    write(tuple.status_extensions);
    writer_.close();
    write(tuple.extensions);
    if (!tuple.contact.empty()) {
      writer_.open("contact");
      if (tuple.priority) writer_.attribute("priority", write_priority(*tuple.priority));
      writer_.text(tuple.contact).close();
    }
    write(tuple.notes, kPidf);
    write_timestamp(tuple.timestamp, kPidf);
    writer_.close();
  }

  void write(const Person& person) {
    writer_.open("dm:person").attribute("id", unique(person.id));
    write(person.extensions);
    write(person.notes, kDataModel);
    write_timestamp(person.timestamp, kDataModel);
    writer_.close();
  }

  void write(const Device& device) {
    writer_.open("dm:device").attribute("id", unique(device.id));
    write(device.extensions);
    write("dm:deviceID", device.device_id);
    write(device.notes, kDataModel);
    write_timestamp(device.timestamp, kDataModel);
    writer_.close();
  }

  void write(const std::vector<Extension>& extensions) {
    for (const Extension& extension : extensions)
      writer_.verbatim(extension.xml);
  }

  void write(const std::vector<Note>& notes, const Names& names) {
    for (const Note& note : notes) {
      writer_.open(names.note);
      if (!note.language.empty()) writer_.attribute("xml:lang", note.language);
      writer_.text(note.text).close();
    }
  }

  void write_timestamp(std::string_view timestamp, const Names& names) {
    if (!timestamp.empty()) write(names.timestamp, timestamp);
  }

  void write(std::string_view name, std::string_view text) {
    writer_.open(name).text(text).close();
  }

  // `id`, or, where it cannot stand, one made of it.
  std::string unique(const std::string& id) {
    const std::string wanted = is_id(id) ? id : to_id("ID-", id);
    std::string candidate = wanted;
    for (int i = 2; std::find(ids_.begin(), ids_.end(), candidate) != ids_.end(); ++i) {
      candidate = wanted + "-" + std::to_string(i);
    }
    ids_.push_back(candidate);
    return candidate;
  }

  xml::Writer writer_;
  std::vector<std::string> ids_;
};

}  // namespace

void write(const Document& document, std::string& out) {
  Writing(out).write(document);
}

}  // namespace muster::pidf
