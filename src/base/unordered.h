// The hash tables of muster: for finding, never for going through. Their order depends on the hash
// and on history, so that a loop over one would make two runs differ; tools/check_layers.py refuses
// it. Where order is needed, keep a sorted vector.
//
// Boost's flat map: one allocation, no node per entry. References to entries do not survive an
// insertion; what must stay put is kept behind a pointer.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <functional>

namespace muster {

template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<Key>>
using UnorderedMap = boost::unordered_flat_map<Key, Value, Hash, Equal>;

}  // namespace muster
