#include "services/invitation/workflows/smtp_server_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace clientele::invitation {

struct SmtpServer::Connection {
  int socket = -1;
  SSL* ssl = nullptr;
  std::string buffer;

  ~Connection() {
    if (ssl != nullptr) SSL_free(ssl);
    close(socket);
  }
  // False when the other side is gone.
  bool ReadLine(std::string& line) {
    size_t end;
    while ((end = buffer.find("\r\n")) == std::string::npos) {
      char chunk[4096];
      const ssize_t size = ssl != nullptr ? SSL_read(ssl, chunk, sizeof chunk) : recv(socket, chunk, sizeof chunk, 0);
      if (size <= 0) return false;
      buffer.append(chunk, size);
    }
    line = buffer.substr(0, end);
    buffer.erase(0, end + 2);
    return true;
  }
  bool Say(const std::string& reply) {
    const std::string text = absl::StrCat(reply, "\r\n");
    const auto size = static_cast<int>(text.size());
    return (ssl != nullptr ? SSL_write(ssl, text.data(), size) : send(socket, text.data(), size, MSG_NOSIGNAL)) == size;
  }
};

SmtpServer::SmtpServer(std::deque<Behaviour> behaviours, bool tls) : tls_(tls), behaviours_(std::move(behaviours)) {
  // A peer that breaks off a TLS connection must not end the process.
  (void)std::signal(SIGPIPE, SIG_IGN);
  if (tls_) MakeCertificate();
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 8) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("smtp server of the test");
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

SmtpServer::~SmtpServer() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    if (open_ >= 0) shutdown(open_, SHUT_RDWR);
    changed_.NotifyAll();
  }
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
  if (context_ != nullptr) SSL_CTX_free(context_);
  if (!ca_file_.empty()) (void)std::remove(ca_file_.c_str());
}

std::string SmtpServer::url() const { return absl::StrCat("smtp://", tls_ ? "localhost" : "127.0.0.1", ":", port_); }

std::vector<SmtpServer::Mail> SmtpServer::mails() {
  MutexLock lock(&mutex_);
  return mails_;
}

int SmtpServer::seen(const std::string& verb) {
  MutexLock lock(&mutex_);
  return static_cast<int>(std::count(verbs_.begin(), verbs_.end(), verb));
}

void SmtpServer::AwaitSeen(const std::string& verb, int count) {
  MutexLock lock(&mutex_);
  while (std::count(verbs_.begin(), verbs_.end(), verb) < count) changed_.Wait(&mutex_);
}

void SmtpServer::AwaitMails(size_t count) {
  MutexLock lock(&mutex_);
  while (mails_.size() < count) changed_.Wait(&mutex_);
}

SmtpServer::Behaviour SmtpServer::NextBehaviour() {
  MutexLock lock(&mutex_);
  if (behaviours_.empty()) return Behaviour::kTake;
  const Behaviour next = behaviours_.front();
  behaviours_.pop_front();
  return next;
}

void SmtpServer::Run() {
  while (true) {
    Connection connection;
    connection.socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    {
      MutexLock lock(&mutex_);
      if (stopping_ || connection.socket < 0) return;
      open_ = connection.socket;
    }
    ++connections_;
    Serve(connection);
    MutexLock lock(&mutex_);
    open_ = -1;
  }
}

void SmtpServer::Serve(Connection& connection) {
  Behaviour behaviour = NextBehaviour();
  if (behaviour == Behaviour::kRefuseGreeting) {
    connection.Say("554 5.3.2 no mail service here");
    return;
  }
  Mail mail;
  if (!connection.Say("220 test ESMTP")) return;
  std::string line;
  while (connection.ReadLine(line)) {
    const std::string verb = absl::AsciiStrToUpper(line.substr(0, line.find_first_of(" :")));
    {
      MutexLock lock(&mutex_);
      verbs_.push_back(verb);
      changed_.NotifyAll();
    }
    if (verb == "EHLO") {
      connection.Say(tls_ && connection.ssl == nullptr ? "250-test\r\n250-8BITMIME\r\n250 STARTTLS"
                                                       : "250-test\r\n250 8BITMIME");
    } else if (verb == "STARTTLS" && tls_) {
      connection.Say("220 2.0.0 go ahead");
      connection.ssl = SSL_new(context_);
      SSL_set_fd(connection.ssl, connection.socket);
      if (SSL_accept(connection.ssl) != 1) return;
    } else if (verb == "QUIT") {
      connection.Say("221 2.0.0 bye");
      return;
    } else if (!Transact(connection, line, mail, behaviour)) {
      return;
    }
    if (verb == "DATA") {  // the transaction is over
      behaviour = NextBehaviour();
      mail = Mail();
    }
  }
}

bool SmtpServer::Transact(Connection& connection, const std::string& line, Mail& mail, Behaviour behaviour) {
  if (absl::StartsWithIgnoreCase(line, "MAIL FROM:")) {
    mail.from = line.substr(10);
    return connection.Say(behaviour == Behaviour::kNeedTls ? "530 5.7.0 Must issue a STARTTLS command first"
                                                           : "250 2.1.0 ok");
  }
  if (absl::StartsWithIgnoreCase(line, "RCPT TO:")) {
    mail.to = line.substr(8);
    if (behaviour == Behaviour::kDeferRecipient) return connection.Say("450 4.2.1 mailbox busy");
    if (behaviour == Behaviour::kRefuseRecipient) {
      return connection.Say(absl::StrCat("550 5.1.1 ", mail.to, ": no such user"));
    }
    if (behaviour == Behaviour::kHang) return true;
    return connection.Say("250 2.1.5 ok");
  }
  if (absl::StartsWithIgnoreCase(line, "DATA")) return TakeData(connection, mail, behaviour);
  return connection.Say("250 2.0.0 ok");  // RSET, NOOP
}

bool SmtpServer::TakeData(Connection& connection, Mail& mail, Behaviour behaviour) {
  if (behaviour == Behaviour::kCutAtData) return false;
  if (!connection.Say("354 go on")) return false;
  std::string line;
  while (true) {
    if (!connection.ReadLine(line)) return false;
    if (line == ".") break;
    absl::StrAppend(&mail.data, absl::StartsWith(line, ".") ? line.substr(1) : line, "\r\n");
  }
  if (behaviour == Behaviour::kCutAfterData) return false;
  if (behaviour == Behaviour::kRefuseContent) return connection.Say("554 5.7.1 content refused");
  if (behaviour == Behaviour::kDeferContent) return connection.Say("451 4.3.0 try again");
  {
    MutexLock lock(&mutex_);
    mail.encrypted = connection.ssl != nullptr;
    mails_.push_back(mail);
    changed_.NotifyAll();
  }
  return connection.Say("250 2.0.0 taken");
}

void SmtpServer::MakeCertificate() {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* const name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* const alternative =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  X509_add_ext(certificate, alternative, -1);
  X509_EXTENSION_free(alternative);
  X509_sign(certificate, key, EVP_sha256());
  context_ = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate(context_, certificate);
  SSL_CTX_use_PrivateKey(context_, key);
  char path[] = "/tmp/clientele-smtp-XXXXXX";
  std::FILE* const file = fdopen(mkstemp(path), "w");
  PEM_write_X509(file, certificate);
  (void)std::fclose(file);
  ca_file_ = path;
  X509_free(certificate);
  EVP_PKEY_free(key);
}

}  // namespace clientele::invitation
