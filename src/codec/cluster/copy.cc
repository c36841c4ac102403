#include "codec/cluster/copy.h"

#include <utility>

namespace muster::cluster {

Result<DocumentCopy::Received, Error> DocumentCopy::receive(std::string_view body, Reader& reader) {
  auto update = reader.read_update(body);
  if (!update) {
    lose();
    return Failure{update.error()};
  }
  return take(std::move(*update), reader.limits());
}

Result<DocumentCopy::Received, Error> DocumentCopy::take(Update update, const Limits& limits) {
  if (document_ && update.version <= version_) return Received::stale;
  if (auto* const full = std::get_if<Document>(&update.content)) {
    document_ = std::move(*full);
    version_ = update.version;
    lost_ = false;
    return Received::full;
  }
  Changes& changes = std::get<Changes>(update.content);
  std::optional<Error> failed;
  if (lost_ || update.version != version_ + 1) {
    failed = Error::version_gap;
  } else if (changes.entity != document_->entity) {
    failed = Error::wrong_entity;
  } else {
    const auto applied = apply(std::move(changes.changes), limits, *document_);
    if (!applied) failed = error_of(applied.error());
  }
  lost_ = failed.has_value();
  if (failed) return Failure{*failed};
  version_ = update.version;
  return Received::changed;
}

}  // namespace muster::cluster
