// The golden messages: files below tests/golden.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace muster::test {

inline std::filesystem::path golden_path(std::string_view file) {
  return std::filesystem::path(MUSTER_TESTS_DIR) / "golden" / file;
}

inline std::string read_golden(std::string_view file) {
  std::ifstream in(golden_path(file), std::ios::binary);
  EXPECT_TRUE(in.good()) << "no " << golden_path(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The files of a folder whose names end so, in order, as read_golden takes them.
inline std::vector<std::string> golden_files(std::string_view folder, std::string_view ending) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(golden_path(folder))) {
    const std::string name = entry.path().filename();
    if (name.ends_with(ending)) files.push_back(std::string(folder) + "/" + name);
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace muster::test
