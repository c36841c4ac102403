// A file that is read as if it were memory. It must not be cut while it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace muster {

class MappedFile {
 public:
  // The error says why not.
  static Result<MappedFile, std::string> open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {static_cast<const char*>(at_), size_}; }

 private:
  MappedFile(void* at, std::size_t size) : at_(at), size_(size) {}

  void* at_;  // null: the file is empty
  std::size_t size_;
};

}  // namespace muster
