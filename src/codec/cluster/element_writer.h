// Writes what cluster documents consist of, where the default namespace is PIDF's and the prefix
// "c" is ours.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/xml/writer.h"
#include "model/cluster/document.h"

namespace muster::cluster {

class ElementWriter {
 public:
  explicit ElementWriter(std::string& out) : writer_(out) {}

  xml::Writer& writer() { return writer_; }

  // Everything inside the root.
  void content(const Document& document);

  void element(const ServerLoad& load);
  void element(const ServerEndpoint& endpoint);
  void element(const UsersList& list);
  void element(const User& user);
  void candidates(const std::vector<std::string>& uris);
  void candidate(std::string_view uri);

 private:
  void text(std::string_view name, std::string_view text);
  void number(std::string_view name, std::uint64_t number);

  xml::Writer writer_;
};

}  // namespace muster::cluster
