#include "codec/cluster/read.h"

#include <utility>

#include "codec/cluster/change_reader.h"
#include "codec/cluster/element_reader.h"
#include "codec/cluster/names.h"
#include "codec/pidf/extension.h"
#include "codec/xml/writer.h"

namespace muster::cluster {
namespace {

// A chunk of users without presence has three elements to each hundred bytes.
xml::Limits xml_limits(const Limits& limits) {
  xml::Limits xml;
  xml.bytes_max = limits.bytes_max;
  xml.elements_max = static_cast<std::uint32_t>(limits.bytes_max / 16);
  return xml;
}

Error error_of(xml::Error error) {
  return xml::is_limit(error) ? Error::too_big : Error::bad_xml;
}

std::optional<Error> root_error(const xml::Element& root, std::string_view name,
                                std::string_view ns) {
  if (root.name() != name) return Error::not_cluster_document;
  if (root.ns() != ns) return Error::wrong_namespace;
  return std::nullopt;
}

Result<Document, Error> read_document(const xml::Element& root, const Limits& limits) {
  ElementReader reader(limits);
  Document document = reader.document(root);
  if (reader.failure()) return Failure{*reader.failure()};
  if (contradiction_of(document, Parts::none) != Contradiction::none) {
    return Failure{Error::contradictory};
  }
  return document;
}

}  // namespace

Reader::Reader(const Limits& limits) : limits_(limits), parser_(xml_limits(limits)) {}

Result<Document, Error> Reader::read(std::string_view body) {
  const auto root = parser_.parse(body);
  if (!root) return Failure{error_of(root.error())};
  if (const auto error = root_error(*root, "presence", pidf::kNsPidf)) return Failure{*error};
  return read_document(*root, limits_);
}

Result<Update, Error> Reader::read_update(std::string_view body) {
  const auto root = parser_.parse(body);
  if (!root) return Failure{error_of(root.error())};
  const bool full = root->name() == "pidf-full";
  if (const auto error = root_error(*root, full ? "pidf-full" : "pidf-diff", kNsPidfDiff)) {
    return Failure{*error};
  }
  ElementReader elements(limits_);
  Update update;
  update.version = elements.number<std::uint32_t>(elements.attribute(*root, "version"));
  if (full) {
    auto document = read_document(*root, limits_);
    if (!document) return Failure{document.error()};
    update.content = std::move(*document);
  } else {
    Changes changes;
    changes.entity = elements.attribute(*root, "entity");
    changes.changes = ChangeReader(limits_, elements).read(*root);
    update.content = std::move(changes);
  }
  if (elements.failure()) return Failure{*elements.failure()};
  return update;
}

Result<std::string, Error> Reader::read_pres_info(std::string_view fragment) {
  if (fragment.size() > limits_.pres_info_bytes_max) return Failure{Error::pres_info_too_big};
  std::string body = "<pres-info";
  xml::append_declaration(body, {}, pidf::kNsPidf);
  body += '>';
  body += fragment;
  body += "</pres-info>";
  const auto root = parser_.parse(body);
  if (!root) return Failure{error_of(root.error())};
  std::string info;
  if (!root->write_inner(info, pidf::kNsPidf) || info.size() > limits_.pres_info_bytes_max) {
    return Failure{Error::pres_info_too_big};
  }
  return info;
}

}  // namespace muster::cluster
