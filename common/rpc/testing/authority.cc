#include "common/rpc/testing/authority.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace clientele::rpc {
namespace {

constexpr long kHour = 3600;

std::shared_ptr<EVP_PKEY> NewKey() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

void Extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  if (extension == nullptr) std::abort();
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::shared_ptr<X509> NewCertificate(const std::string& name, EVP_PKEY* key) {
  static long serial = 0;
  std::shared_ptr<X509> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kHour);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kHour);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

template <class Write>
std::string Pem(Write write) {
  BIO* memory = BIO_new(BIO_s_mem());
  if (write(memory) != 1) std::abort();
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(memory);
  return pem;
}

void Write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

}  // namespace

Authority::Authority() : key_(NewKey()), certificate_(NewCertificate("test authority", key_.get())) {
  std::string pattern = std::filesystem::temp_directory_path().string() + "/clientele-tls-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  folder_ = pattern;
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  Extend(certificate_.get(), certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate_.get(), key_.get(), EVP_sha256());
}

Authority::~Authority() { std::filesystem::remove_all(folder_); }

std::string Authority::Certificate() const {
  return Pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate_.get()); });
}

std::string Authority::Issue(const std::string& name, const std::string& uri) const {
  const std::shared_ptr<EVP_PKEY> key = NewKey();
  const std::shared_ptr<X509> certificate = NewCertificate(name, key.get());
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
  Extend(certificate.get(), certificate_.get(), NID_subject_alt_name,
         absl::StrCat("DNS:localhost,IP:127.0.0.1", uri.empty() ? "" : absl::StrCat(",URI:", uri)));
  X509_sign(certificate.get(), key_.get(), EVP_sha256());
  std::string folder = absl::StrCat(folder_, "/", name);
  std::filesystem::create_directory(folder);
  Write(absl::StrCat(folder, "/ca.crt"), Certificate());
  Write(absl::StrCat(folder, "/tls.crt"), Pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate.get()); }));
  Write(absl::StrCat(folder, "/tls.key"),
        Pem([&](BIO* out) { return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); }));
  return folder;
}

}  // namespace clientele::rpc
