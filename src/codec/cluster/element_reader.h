// Reads what cluster documents consist of. At the first error it says so, and stays so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/cluster/error.h"
#include "codec/xml/element.h"
#include "model/cluster/document.h"
#include "model/cluster/limits.h"

namespace muster::cluster {

class ElementReader {
 public:
  explicit ElementReader(const Limits& limits) : limits_(limits) {}

  const std::optional<Error>& failure() const { return failure_; }
  void fail(Error error) {
    if (!failure_) failure_ = error;
  }

  // What is inside the root, and its entity.
  Document document(const xml::Element& root);

  ServerLoad load(const xml::Element& element);
  // Nothing, and no failure, if its id is not of an endpoint of ours.
  std::optional<ServerEndpoint> endpoint(const xml::Element& tuple);
  UsersList list(const xml::Element& element);
  User user(const xml::Element& element);
  std::vector<std::string> candidates(const xml::Element& element);

  // The URI of a server.
  std::string server_uri(std::string_view text);
  // The user of a selector or an attribute.
  Address user_id(std::string_view text);
  // "open" or "closed".
  bool basic(std::string_view text);
  // Which endpoint has a tuple of that id.
  static std::optional<std::pair<std::string, ServerEndpoint::Kind>> endpoint_of(
      std::string_view tuple_id);

  template <class Number>
  Number number(std::string_view text) {
    return static_cast<Number>(number_up_to(text, std::numeric_limits<Number>::max()));
  }

  // The value; a failure if it is not there.
  std::string_view attribute(const xml::Element& element, std::string_view name);

 private:
  // A child of ours that an element has once.
  struct Part {
    std::string_view name;
    std::optional<xml::Element>* found;
  };
  // Finds them. A child that is neither one of them nor of `lists`, and must be understood, is a
  // failure.
  void take_parts(const xml::Element& element, std::initializer_list<Part> parts,
                  std::initializer_list<std::string_view> lists = {});
  void check_other(const xml::Element& child);

  // The text of a part that must be there.
  std::string_view text_of(const std::optional<xml::Element>& part);
  std::uint64_t number_up_to(std::string_view text, std::uint64_t most);
  std::string contact(std::string_view text, ServerEndpoint::Kind kind);
  void read_loads(const xml::Element& element, Document& document);

  const Limits& limits_;
  std::optional<Error> failure_;
  std::size_t users_ = 0;  // read so far
};

}  // namespace muster::cluster
