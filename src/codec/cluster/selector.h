// The selectors of our partial documents: those of RFC 5261 that name one thing of a cluster
// document by its own id. Nothing else is a selector here; no expression is evaluated.
//
//   selector = ["/"] ("*" / "presence") ["/" one of:
//     tuple[@id=KEY]                                    an endpoint
//     tuple[@id=KEY]/status/basic/text()
//     c:doc-version/text()    c:epoch/text()    c:active-svr-number/text()
//     c:total-users-number/text()
//     c:svr-loadlevel-list
//     c:svr-loadlevel-list/c:svr-load[@svr-id=KEY]
//     c:svr-loadlevel-list/c:svr-load[@svr-id=KEY]/c:current-loadlevel/text()
//     c:candidate-svr-list
//     c:candidate-svr-list/c:svr-uri[.=KEY]
//     c:current-users-list[@server-id=KEY]
//     c:current-users-list[@server-id=KEY]/c:current-users-number/text()
//     c:current-users-list[@server-id=KEY]/c:info-users[@user-id=KEY]
//     c:current-users-list[@server-id=KEY]/c:info-users[@user-id=KEY]/c:resource-number/text() ]
//   KEY = a text in quotes of either kind
//
// A name without a prefix is of the namespace that is the default where the selector stands (RFC
// 5261 section 4.2.2), "c" any prefix bound to ours there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/xml/element.h"

namespace muster::cluster {

enum class Target : std::uint8_t {
  document,
  endpoint,
  basic,
  doc_version,
  epoch,
  active_number,
  total_number,
  loads,
  load,
  level,
  candidates,
  candidate,
  list,
  users_number,
  user,
  resource_number,
};

// Longer is no selector.
inline constexpr std::size_t kSelectorBytesMax = 8192;

struct Selector {
  Target target = Target::document;
  std::array<std::string, 2> keys;  // as many as it has, outermost first
};

// `operation` is the element it stands on, for the prefixes.
std::optional<Selector> read_selector(std::string_view text, const xml::Element& operation);

// Appends ` sel="..."`, for where the default namespace is PIDF's and "c" is ours. A key has no
// quotation mark.
void append_selector(std::string& out, Target target, std::string_view key = {},
                     std::string_view inner_key = {});

}  // namespace muster::cluster
