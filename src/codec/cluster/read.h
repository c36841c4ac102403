// Reads cluster documents. They are PIDF (RFC 3863): elements, tuples and attributes that are not
// of ours are passed over, unless they say that they must be understood. What is ours is taken
// strictly, for load is placed by it: each thing is there, once, is what its schema says, and fits
// the others.
//
// Limits: struct Limits (model/cluster/limits.h), kUriBytesMax; addresses have their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "codec/cluster/error.h"
#include "codec/xml/document_parser.h"
#include "model/cluster/change.h"
#include "model/cluster/document.h"
#include "model/cluster/limits.h"

namespace muster::cluster {

// Of one URI.
inline constexpr std::size_t kUriBytesMax = 512;

// What an application/pidf-diff+xml document brings.
struct Changes {
  std::string entity;
  std::vector<Change> changes;
};
struct Update {
  std::uint32_t version = 0;
  std::variant<Document, Changes> content;
};

class Reader {
 public:
  explicit Reader(const Limits& limits = {});

  const Limits& limits() const { return limits_; }

  // application/pidf+xml. Its lists have all their users, or only say how many there are.
  Result<Document, Error> read(std::string_view body);

  // application/pidf-diff+xml.
  Result<Update, Error> read_update(std::string_view body);

  // The XML of one user's presence, as other modules make it, in the form that User::pres_info
  // has: its default namespace is PIDF's unless it says another.
  Result<std::string, Error> read_pres_info(std::string_view fragment);

 private:
  Limits limits_;
  xml::DocumentParser parser_;
};

}  // namespace muster::cluster
