// The names that the cluster document has on the wire.
#pragma once

#include <string_view>

namespace muster::cluster {

inline constexpr std::string_view kNsCluster = "urn:muster:presence-cluster:1";
inline constexpr std::string_view kNsPidfDiff = "urn:ietf:params:xml:ns:pidf-diff";

// RFC 3863 section 5.2; RFC 5262 section 5.2, of full documents with a version and of partial ones.
inline constexpr std::string_view kFullType = "application/pidf+xml";
inline constexpr std::string_view kPartialType = "application/pidf-diff+xml";

}  // namespace muster::cluster
