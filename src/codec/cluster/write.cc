#include "codec/cluster/write.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "codec/cluster/element_writer.h"
#include "codec/cluster/names.h"
#include "codec/cluster/selector.h"
#include "codec/pidf/extension.h"

namespace muster::cluster {
namespace {

constexpr std::size_t kVersionDigits = 10;  // of the longest
constexpr std::string_view kDeclaration = "<?xml version='1.0' encoding='UTF-8'?>\n";

void declare(xml::Writer& writer, std::string_view entity) {
  writer.attribute("xmlns", pidf::kNsPidf).attribute("xmlns:c", kNsCluster);
  writer.attribute("entity", entity);
}

// Writes changes as operations of RFC 5261.
class ChangesWriter {
 public:
  explicit ChangesWriter(std::string& out) : out_(out) {}

  void write(const Change& change) {
    std::visit([&](const auto& known) { on(known); }, change);
  }

 private:
  void on(const SetNumber& set) {
    const std::string value = std::to_string(set.value);
    switch (set.of) {
      case SetNumber::Of::doc_version: return set_text(value, Target::doc_version);
      case SetNumber::Of::epoch: return set_text(value, Target::epoch);
      case SetNumber::Of::active_number: return set_text(value, Target::active_number);
      case SetNumber::Of::total_users_number: return set_text(value, Target::total_number);
    }
  }

  void on(const Add<ServerLoad>& add) {
    open("add", Target::loads);
    elements().element(add.added);
    close("add");
  }
  void on(const Replace<ServerLoad>& change) {
    open("replace", Target::load, change.by.svr_id);
    elements().element(change.by);
    close("replace");
  }
  void on(const RemoveLoad& remove) { remove_element(Target::load, remove.svr_id); }
  void on(const SetLevel& set) {
    set_text(std::to_string(set.level.value), Target::level, set.svr_id);
  }

  void on(const ReplaceCandidates& change) {
    open("replace", Target::candidates);
    elements().candidates(change.candidates);
    close("replace");
  }
  void on(const AddCandidate& add) {
    open("add", Target::candidates);
    elements().candidate(add.svr_uri);
    close("add");
  }
  void on(const RemoveCandidate& remove) { remove_element(Target::candidate, remove.svr_uri); }

  // In front, where PIDF's schema wants it.
  void on(const Add<ServerEndpoint>& add) {
    out_ += "<p:add";
    append_selector(out_, Target::document);
    out_ += " pos='prepend'>";
    elements().element(add.added);
    close("add");
  }
  void on(const Replace<ServerEndpoint>& change) {
    open("replace", Target::endpoint, tuple_id(change.by.svr_id, change.by.kind));
    elements().element(change.by);
    close("replace");
  }
  void on(const RemoveEndpoint& remove) {
    remove_element(Target::endpoint, tuple_id(remove.svr_id, remove.kind));
  }
  void on(const SetOpen& set) {
    set_text(set.open ? "open" : "closed", Target::basic, tuple_id(set.svr_id, set.kind));
  }

  void on(const Add<UsersList>& add) {
    open("add", Target::document);
    elements().element(add.added);
    close("add");
  }
  void on(const Replace<UsersList>& change) {
    open("replace", Target::list, change.by.server_id);
    elements().element(change.by);
    close("replace");
  }
  void on(const RemoveList& remove) { remove_element(Target::list, remove.server_id); }
  void on(const SetUsersNumber& set) {
    set_text(std::to_string(set.number), Target::users_number, set.server_id);
  }

  void on(const AddUsers& add) {
    open("add", Target::list, add.server_id);
    ElementWriter writer(out_);
    for (const User& user : add.users)
      writer.element(user);
    close("add");
  }
  void on(const ReplaceUser& change) {
    open("replace", Target::user, change.server_id, change.by.user_id.text());
    elements().element(change.by);
    close("replace");
  }
  void on(const RemoveUser& remove) {
    remove_element(Target::user, remove.server_id, remove.user_id.text());
  }
  void on(const SetResourceNumber& set) {
    set_text(std::to_string(set.number), Target::resource_number, set.server_id,
             set.user_id.text());
  }

  ElementWriter elements() { return ElementWriter(out_); }

  void open(std::string_view operation, Target target, std::string_view key = {},
            std::string_view inner_key = {}) {
    out_ += "<p:";
    out_ += operation;
    append_selector(out_, target, key, inner_key);
    out_ += '>';
  }
  void close(std::string_view operation) {
    out_ += "</p:";
    out_ += operation;
    out_ += '>';
  }
  void set_text(std::string_view value, Target target, std::string_view key = {},
                std::string_view inner_key = {}) {
    open("replace", target, key, inner_key);
    out_ += value;
    close("replace");
  }
  void remove_element(Target target, std::string_view key, std::string_view inner_key = {}) {
    out_ += "<p:remove";
    append_selector(out_, target, key, inner_key);
    out_ += "/>";
  }

  std::string& out_;
};

// Returns where the digits of the version go, or went.
std::size_t write_root(const Document& document, std::string_view name,
                       const std::optional<std::string>& version, std::string& out) {
  ElementWriter elements(out);
  xml::Writer& writer = elements.writer();
  writer.verbatim(kDeclaration).open(name);
  declare(writer, document.entity);
  std::size_t version_at = 0;
  if (version) {
    writer.attribute("xmlns:p", kNsPidfDiff).attribute("version", *version);
    version_at = out.size() - 1 - version->size();
  }
  elements.content(document);
  writer.close();
  return version_at;
}

std::size_t open_diff(std::string_view entity, std::string_view version, std::string& out) {
  out += kDeclaration;
  out += "<p:pidf-diff";
  xml::append_declaration(out, {}, pidf::kNsPidf);
  xml::append_declaration(out, "c", kNsCluster);
  xml::append_declaration(out, "p", kNsPidfDiff);
  xml::append_attribute(out, "entity", entity);
  xml::append_attribute(out, "version", version);
  out += '>';
  return out.size() - 2 - version.size();
}
constexpr std::string_view kDiffEnd = "</p:pidf-diff>";

std::size_t write_changes(const std::vector<Change>& changes, std::string_view entity,
                          std::string_view version, std::string& out) {
  const std::size_t version_at = open_diff(entity, version, out);
  ChangesWriter writer(out);
  for (const Change& change : changes)
    writer.write(change);
  out += kDiffEnd;
  return version_at;
}

// No full document is shorter: its texts, and the least that stands around them.
std::size_t full_bytes_min(const Document& document) {
  constexpr std::size_t kMarkup = 70;
  std::size_t bytes = 0;
  for (const ServerLoad& load : document.loads)
    bytes += kMarkup + load.svr_id.size();
  for (const ServerEndpoint& endpoint : document.endpoints)
    bytes += kMarkup + endpoint.svr_id.size() + endpoint.contact.size();
  return bytes;
}

}  // namespace

void write(const Document& document, std::string& out) {
  write_root(document, "presence", std::nullopt, out);
}

void write_full(const Document& document, std::uint32_t version, std::string& out) {
  write_root(document, "p:pidf-full", std::to_string(version), out);
}

void write_diff(const std::vector<Change>& changes, std::string_view entity, std::uint32_t version,
                std::string& out) {
  write_changes(changes, entity, std::to_string(version), out);
}

void UpdateText::append_to(std::string& out, std::uint32_t version) const {
  out.append(text_, 0, version_at_).append(std::to_string(version)).append(text_, version_at_);
}

std::optional<UpdateText> UpdateText::make(const Document* before, const Document& now,
                                           const Limits& limits) {
  const std::size_t room = limits.bytes_max - std::min(limits.bytes_max, kVersionDigits);
  UpdateText partial;
  bool has_partial = before != nullptr;
  if (has_partial) {
    const std::vector<Change> changes = diff(*before, now);
    has_partial = changes.size() <= limits.changes_max;
    if (has_partial) {
      partial.version_at_ = write_changes(changes, now.entity, {}, partial.text_);
      has_partial = partial.text_.size() <= room;
    }
    if (has_partial && partial.text_.size() <= full_bytes_min(now)) return partial;
  }
  UpdateText full;
  full.version_at_ = write_root(now, "p:pidf-full", std::string(), full.text_);
  if (has_partial && partial.text_.size() <= full.text_.size()) return partial;
  if (full.text_.size() > room || excess_of(now, limits)) return std::nullopt;
  return full;
}

std::size_t write_users(const UsersList& list, std::size_t from, std::string_view entity,
                        std::uint32_t version, std::string& out, std::size_t bytes_max) {
  const std::size_t begin = out.size();
  open_diff(entity, std::to_string(version), out);
  ChangesWriter changes(out);
  if (from == 0) changes.write(Replace<UsersList>{{list.server_id, list.number, {}}});
  std::size_t at = from;
  if (at < list.users.size()) {
    constexpr std::string_view kAddEnd = "</p:add>";
    out += "<p:add";
    append_selector(out, Target::list, list.server_id);
    out += '>';
    ElementWriter elements(out);
    const std::size_t room = bytes_max - std::min(bytes_max, kAddEnd.size() + kDiffEnd.size());
    for (; at < list.users.size(); ++at) {
      const std::size_t before = out.size();
      elements.element(list.users[at]);
      if (out.size() - begin <= room || at == from) continue;
      out.resize(before);
      break;
    }
    out += kAddEnd;
  }
  out += kDiffEnd;
  return at;
}

}  // namespace muster::cluster
