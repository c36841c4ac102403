// Which certificates are taken for which domains. What TLS does with them: shell/tls_links_test.cc.
#include "shell/tls/contexts.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "shell/tls/certificate.h"

namespace muster {
namespace tls_contexts_test {

class TlsContextsNames : public testing::Test {
 protected:
  TlsContextsNames() {
    std::string name = testing::TempDir() + "contexts-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~TlsContextsNames() override { std::filesystem::remove_all(folder_); }

  // What is said of a certificate for `named`, given for `domain`.
  std::string told(const std::vector<std::string>& named, const std::string& domain,
                   bool any_name = false) {
    CertificateFiles files = development_certificates(folder_, named)->front();
    files.domain = domain;
    files.any_name = any_name;
    const auto loaded = TlsContexts::load({files});
    if (loaded.ok()) return "taken";
    const std::string where = folder_.string() + "/";
    std::string text = loaded.error();
    if (const auto at = text.find(where); at != std::string::npos) text.erase(at, where.size());
    return text;
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(TlsContextsNames, EachOfACertificateIsTaken) {
  EXPECT_EQ(told({"example.com", "example.net"}, "example.com"), "taken");
  EXPECT_EQ(told({"example.com", "example.net"}, "example.net"), "taken");
}

TEST_F(TlsContextsNames, AnotherIsRefused) {
  EXPECT_EQ(told({"example.com"}, "example.net"),
            "certificate tls.pem does not name the domain example.net");
  EXPECT_NE(told({"example.com"}, "im.example.com"), "taken");
  EXPECT_NE(told({"im.example.com"}, "example.com"), "taken");
}

TEST_F(TlsContextsNames, AnotherIsTakenWhereItIsSaidSo) {
  EXPECT_EQ(told({"example.com"}, "example.net", true), "taken");
}

TEST_F(TlsContextsNames, AWildcardIsForOneLabel) {
  EXPECT_EQ(told({"*.example.com"}, "im.example.com"), "taken");
  EXPECT_NE(told({"*.example.com"}, "example.com"), "taken");
  EXPECT_NE(told({"*.example.com"}, "a.im.example.com"), "taken");
}

// A certificate has A-labels.
TEST_F(TlsContextsNames, AnInternationalNameIsFound) {
  EXPECT_EQ(told({"b\u00fccher.example"}, "b\u00fccher.example"), "taken");
  EXPECT_EQ(told({"xn--bcher-kva.example"}, "b\u00fccher.example"), "taken");
  EXPECT_NE(told({"xn--bcher-kva.example"}, "bucher.example"), "taken");
}

}  // namespace tls_contexts_test
}  // namespace muster
