#include "shell/tls/certificate.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "codec/address/domain.h"
#include "shell/fd.h"

namespace muster {
namespace {

constexpr long kSecondsValid = 10L * 365 * 24 * 3600;

struct Freed {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Certificate = std::unique_ptr<X509, Freed>;
using Key = std::unique_ptr<EVP_PKEY, Freed>;

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  MUSTER_CHECK(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// RFC 6120 section 13.7.1.2: the domains are DNS names of the subject.
Certificate make_certificate(EVP_PKEY* key, const std::vector<std::string>& domains) {
  Certificate made(X509_new());
  X509* const certificate = made.get();
  MUSTER_CHECK(certificate != nullptr && X509_set_version(certificate, X509_VERSION_3) == 1);
  const std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> number(BN_new(), BN_free);
  MUSTER_CHECK(BN_rand(number.get(), 120, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1);
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kSecondsValid);
  X509_set_pubkey(certificate, key);
  std::string names;
  for (const std::string& domain : domains) {
    names.append(names.empty() ? "DNS:" : ",DNS:");
    append_ascii_domain(names, domain);
  }
  X509_NAME* subject = X509_get_subject_name(certificate);
  const std::string first = names.substr(4, names.find(',') - 4);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(first.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  add_extension(certificate, NID_subject_alt_name, names);
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  MUSTER_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  return made;
}

std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(bio, &text);
  return {text, static_cast<std::size_t>(bytes)};
}

// In one piece or not at all: another process may be doing the same.
bool write_file(const std::filesystem::path& path, const std::string& text, mode_t mode) {
  const std::string temporary = path.string() + "." + std::to_string(::getpid());
  const Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!file.valid()) return false;
  const ssize_t written = ::write(file.get(), text.data(), text.size());
  return written == static_cast<ssize_t>(text.size()) && ::fsync(file.get()) == 0 &&
         std::rename(temporary.c_str(), path.c_str()) == 0;
}

// The file is there, has not expired, and serves these domains.
bool is_good(const std::filesystem::path& path, const std::vector<std::string>& domains) {
  const std::unique_ptr<BIO, Freed> file(BIO_new_file(path.c_str(), "r"));
  if (file == nullptr) return false;
  const Certificate certificate(PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr || X509_cmp_current_time(X509_get0_notAfter(certificate.get())) <= 0) {
    return false;
  }
  for (const std::string& domain : domains) {
    std::string name;
    append_ascii_domain(name, domain);
    if (X509_check_host(certificate.get(), name.data(), name.size(), 0, nullptr) != 1) return false;
  }
  return true;
}

}  // namespace

Result<std::vector<CertificateFiles>, std::string> development_certificates(
    const std::filesystem::path& folder, const std::vector<std::string>& domains) {
  const std::filesystem::path file = folder / "tls.pem";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!is_good(file, domains)) {
    const Key key(EVP_EC_gen("P-256"));
    MUSTER_CHECK(key != nullptr);
    const Certificate certificate = make_certificate(key.get(), domains);
    const std::unique_ptr<BIO, Freed> pem(BIO_new(BIO_s_mem()));
    MUSTER_CHECK(PEM_write_bio_X509(pem.get(), certificate.get()) == 1);
    MUSTER_CHECK(
        PEM_write_bio_PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    if (!write_file(file, text_of(pem.get()), 0600)) {
      return Failure{"cannot write " + file.string() + ": " + std::strerror(errno)};
    }
  }
  std::vector<CertificateFiles> all;
  for (const std::string& domain : domains)
    all.push_back({domain, file.string(), file.string()});
  return all;
}

}  // namespace muster
