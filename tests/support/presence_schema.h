// Asks xmllint whether a document is valid by the schemas in tests/golden/xsd.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "support/golden.h"

namespace muster::test {

// Empty if it is valid; else what xmllint says.
inline std::string schema_errors(std::string_view document,
                                 std::string_view schema = "xsd/presence.xsd") {
  const std::string file =
      ::testing::TempDir() + "muster_presence_" + std::to_string(getpid()) + ".xml";
  std::ofstream(file, std::ios::binary) << document;
  const std::string command = "xmllint --nonet --noout --schema '" +
                              golden_path(schema).string() + "' '" + file + "' 2>&1";
  std::FILE* const pipe = popen(command.c_str(), "r");
  std::string said;
  char buffer[512];
  while (pipe != nullptr && std::fgets(buffer, sizeof buffer, pipe) != nullptr)
    said += buffer;
  const bool valid = pipe != nullptr && pclose(pipe) == 0;
  std::remove(file.c_str());
  return valid ? std::string() : "not valid (or no xmllint): " + said;
}

}  // namespace muster::test
