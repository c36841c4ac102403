// Sets kept as vectors, sorted by what key() of an element says.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace muster::cluster {

template <class T, class Key>
auto lower_bound_of(T& sorted, const Key& key) {
  return std::lower_bound(sorted.begin(), sorted.end(), key,
                          [](const auto& element, const Key& k) { return element.key() < k; });
}

// Null if there is none of that key.
template <class T, class Key>
auto* find(T& sorted, const Key& key) {
  const auto at = lower_bound_of(sorted, key);
  return at != sorted.end() && at->key() == key ? &*at : nullptr;
}

// Room for what comes, a quarter more at a time: these lists are large, and doubling would leave
// half of one unused.
template <class T>
void grow(std::vector<T>& sorted) {
  if (sorted.size() == sorted.capacity()) sorted.reserve(sorted.size() + sorted.size() / 4 + 4);
}

// False, and nothing changed, if there is one of its key. Cheap at the end.
template <class T>
bool insert(std::vector<T>& sorted, T element) {
  if (sorted.empty() || sorted.back().key() < element.key()) {
    grow(sorted);
    sorted.push_back(std::move(element));
    return true;
  }
  const auto at = lower_bound_of(sorted, element.key());
  if (at->key() == element.key()) return false;
  const auto index = at - sorted.begin();
  grow(sorted);
  sorted.insert(sorted.begin() + index, std::move(element));
  return true;
}

// False if there is none of that key.
template <class T, class Key>
bool erase(std::vector<T>& sorted, const Key& key) {
  const auto at = lower_bound_of(sorted, key);
  if (at == sorted.end() || at->key() != key) return false;
  sorted.erase(at);
  return true;
}

// True if each key is greater than the one before.
template <class T>
bool is_sorted_set(const std::vector<T>& elements) {
  return std::adjacent_find(elements.begin(), elements.end(), [](const T& a, const T& b) {
           return !(a.key() < b.key());
         }) == elements.end();
}

}  // namespace muster::cluster
