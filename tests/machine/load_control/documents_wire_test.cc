// docs/wire.md, "The exchange, message by message": the messages there are those that two servers
// send, but for what stands in braces, which must be the same wherever it has the same name.
#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "support/documents_world.h"
#include "support/raw_server.h"
#include "support/unfolded.h"

namespace muster {
namespace load_control_documents_wire_test {

using test::DocumentsWorld;

std::vector<std::string> examples() {
  std::ifstream in(MUSTER_SOURCE_DIR "/docs/wire.md");
  EXPECT_TRUE(in.good());
  std::vector<std::string> blocks;
  std::string line;
  bool inside = false;
  while (std::getline(in, line)) {
    if (line.starts_with("```")) {
      inside = line == "```sip";
      if (inside) blocks.emplace_back();
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

// As one line of text for each header, and the body without line feeds.
std::string flat(std::string_view message) {
  std::string text(message);
  std::erase(text, '\r');
  const std::size_t head = text.find("\n\n") + 2;
  return text.substr(0, head) + testing::unfolded(text.substr(head));
}

// `names` gets what the braces stand for.
void expect_matches(const std::string& wanted, const std::string& is,
                    std::map<std::string, std::string>& names) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < wanted.size();) {
    if (wanted[i] != '{') {
      ASSERT_TRUE(at < is.size() && is[at] == wanted[i]) << "behind\n"
                                                         << is.substr(0, at) << "\nthere is\n"
                                                         << is.substr(at, 80) << "\nand not\n"
                                                         << wanted.substr(i, 80);
      ++at;
      ++i;
      continue;
    }
    const std::size_t end = wanted.find('}', i);
    const std::string name = wanted.substr(i + 1, end - i - 1);
    i = end + 1;
    const std::size_t until = is.find(wanted[i], at);
    ASSERT_NE(until, std::string::npos);
    const std::string value = is.substr(at, until - at);
    EXPECT_FALSE(value.empty()) << name;
    const auto [known, fresh] = names.emplace(name, value);
    EXPECT_TRUE(fresh || known->second == value) << name;
    at = until;
  }
  EXPECT_EQ(is.substr(at), "");
}

TEST(DocumentsWire, the_exchange) {
  DocumentsWorld world;
  world.add();
  world.name_main(0);
  world.run_for(Duration::seconds(1));
  world.set_load(0, {{87}, cluster::LoadLevel{100}, 87});
  world.add();
  world.run_for(Duration::seconds(1));
  world.sent().clear();
  world.join(0, 1);
  world.run_for(Duration::seconds(1));
  // The subscription of the second server: all that has its Call-ID.
  std::string call;
  for (const auto& sent : world.sent()) {
    if (sent.from == 1 && sent.bytes.starts_with("SUBSCRIBE "))
      call = test::row(sent.bytes, "Call-ID");
  }
  std::vector<std::string> messages;
  for (const auto& sent : world.sent()) {
    if (test::row(sent.bytes, "Call-ID") == call) messages.push_back(flat(sent.bytes));
  }
  const std::vector<std::string> wanted = examples();
  ASSERT_EQ(wanted.size(), 6U);
  ASSERT_EQ(messages.size(), wanted.size());
  std::map<std::string, std::string> names;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    expect_matches(flat(wanted[i]), messages[i], names);
  EXPECT_NE(names["subscriber"], names["notifier"]);
  EXPECT_NE(names["branch1"], names["branch2"]);
  EXPECT_LT(std::stoi(names["version1"]), std::stoi(names["version2"]));
}

}  // namespace load_control_documents_wire_test
}  // namespace muster
