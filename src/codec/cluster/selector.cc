#include "codec/cluster/selector.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "codec/cluster/names.h"
#include "codec/pidf/extension.h"
#include "codec/xml/writer.h"

namespace muster::cluster {
namespace {

struct Shape {
  Target target;
  std::string_view path;  // behind the root; "[@id]" stands for "[@id='...']"
};

constexpr Shape kShapes[] = {
    {Target::document, ""},
    {Target::endpoint, "/tuple[@id]"},
    {Target::basic, "/tuple[@id]/status/basic/text()"},
    {Target::doc_version, "/c:doc-version/text()"},
    {Target::epoch, "/c:epoch/text()"},
    {Target::active_number, "/c:active-svr-number/text()"},
    {Target::total_number, "/c:total-users-number/text()"},
    {Target::loads, "/c:svr-loadlevel-list"},
    {Target::load, "/c:svr-loadlevel-list/c:svr-load[@svr-id]"},
    {Target::level, "/c:svr-loadlevel-list/c:svr-load[@svr-id]/c:current-loadlevel/text()"},
    {Target::candidates, "/c:candidate-svr-list"},
    {Target::candidate, "/c:candidate-svr-list/c:svr-uri[.]"},
    {Target::list, "/c:current-users-list[@server-id]"},
    {Target::users_number, "/c:current-users-list[@server-id]/c:current-users-number/text()"},
    {Target::user, "/c:current-users-list[@server-id]/c:info-users[@user-id]"},
    {Target::resource_number,
     "/c:current-users-list[@server-id]/c:info-users[@user-id]/c:resource-number/text()"},
};

// Brings a selector into the form that kShapes has, its keys taken out.
class Reading {
 public:
  Reading(std::string_view text, const xml::Element& operation)
      : rest_(text), operation_(operation) {}

  std::optional<Selector> read() {
    take("/");
    if (!root()) return std::nullopt;
    while (!rest_.empty()) {
      if (!take("/") || !step()) return std::nullopt;
    }
    const auto* const shape = std::find_if(std::begin(kShapes), std::end(kShapes),
                                           [&](const Shape& row) { return row.path == path_; });
    if (shape == std::end(kShapes)) return std::nullopt;
    selector_.target = shape->target;
    return std::move(selector_);
  }

 private:
  bool root() {
    if (take("*")) return true;
    const bool named = name() && path_ == "presence";
    path_.clear();
    return named;
  }

  bool step() {
    path_ += '/';
    if (take("text()")) {
      path_ += "text()";
      return true;
    }
    return name() && (!take("[") || predicate());
  }

  // A name, written with the prefix that its namespace has in kShapes.
  bool name() {
    const std::size_t end = std::min(rest_.find_first_of("/["), rest_.size());
    const std::string_view qualified = rest_.substr(0, end);
    rest_.remove_prefix(end);
    const std::size_t colon = qualified.find(':');
    const bool prefixed = colon != std::string_view::npos;
    const auto ns = operation_.namespace_of(prefixed ? qualified.substr(0, colon) : "");
    if (prefixed && colon == 0) return false;
    if (ns == kNsCluster) {
      path_ += "c:";
    } else if (ns != pidf::kNsPidf) {
      return false;
    }
    path_ += qualified.substr(prefixed ? colon + 1 : 0);
    return true;
  }

  // Behind its bracket.
  bool predicate() {
    const std::size_t equals = rest_.find('=');
    if (equals == std::string_view::npos || keys_ == selector_.keys.size()) return false;
    path_ += '[';
    path_ += rest_.substr(0, equals);
    path_ += ']';
    rest_.remove_prefix(equals + 1);
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return false;
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return false;
    selector_.keys[keys_++] = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return take("]");
  }

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  std::string_view rest_;
  const xml::Element& operation_;
  std::string path_;
  Selector selector_;
  std::size_t keys_ = 0;
};

void append_key(std::string& out, std::string_view key) {
  MUSTER_CHECK(key.find('"') == std::string_view::npos);
  const std::string_view quote = key.find('\'') == std::string_view::npos ? "'" : "&quot;";
  out += quote;
  xml::append_escaped(out, key);
  out += quote;
}

}  // namespace

std::optional<Selector> read_selector(std::string_view text, const xml::Element& operation) {
  if (text.size() > kSelectorBytesMax) return std::nullopt;
  return Reading(text, operation).read();
}

void append_selector(std::string& out, Target target, std::string_view key,
                     std::string_view inner_key) {
  const auto* const shape = std::find_if(std::begin(kShapes), std::end(kShapes),
                                         [&](const Shape& row) { return row.target == target; });
  MUSTER_CHECK(shape != std::end(kShapes));
  out += " sel=\"/*";
  for (const char c : shape->path) {
    if (c == ']') {
      out += '=';
      append_key(out, key);
      key = inner_key;
    }
    out += c;
  }
  out += '"';
}

}  // namespace muster::cluster
