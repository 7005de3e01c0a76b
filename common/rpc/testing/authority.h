#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace clientele::rpc {

// A certificate authority of one test. Its files lie in a temporary folder that goes with it.
class Authority {
 public:
  Authority();
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  // Makes a folder with tls.crt, tls.key and ca.crt. The certificate is for localhost, 127.0.0.1 and, where `uri` is
  // not empty, that URI. Answers the folder.
  std::string Issue(const std::string& name, const std::string& uri) const;
  // Its own certificate, PEM.
  std::string Certificate() const;

 private:
  std::string folder_;
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
};

}  // namespace clientele::rpc
