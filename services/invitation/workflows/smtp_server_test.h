#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/core/mutex.h"

namespace clientele::invitation {

// A mail server of the tests' own, on a port of the loopback that the system chooses. It behaves as it is told, one
// behaviour a transaction; then it takes everything.
class SmtpServer {
 public:
  enum class Behaviour {
    kTake,
    kDeferRecipient,   // 450 to RCPT
    kRefuseRecipient,  // 550 to RCPT, with the address in it
    kRefuseContent,    // 554 after the data
    kDeferContent,     // 451 after the data
    kCutAtData,        // closes the connection when it sees DATA
    kCutAfterData,     // takes the data and closes without a reply
    kRefuseGreeting,   // 554 instead of 220
    kNeedTls,          // 530 to MAIL
    kHang,             // never answers RCPT
  };
  struct Mail {
    std::string from;
    std::string to;
    std::string data;  // dot-stuffing undone
    bool encrypted = false;
  };

  // `tls`: offers STARTTLS with a certificate for localhost, see ca_file.
  explicit SmtpServer(std::deque<Behaviour> behaviours = {}, bool tls = false);
  ~SmtpServer();

  int port() const { return port_; }
  std::string url() const;
  // The certificate as a file; removed with the server.
  const std::string& ca_file() const { return ca_file_; }

  std::vector<Mail> mails();
  int connections() const { return connections_; }
  // Commands seen so far, such as MAIL.
  int seen(const std::string& verb);
  // Returns once `count` commands `verb` were seen.
  void AwaitSeen(const std::string& verb, int count);
  // Returns once `count` mails were taken.
  void AwaitMails(size_t count);

 private:
  struct Connection;
  void Run();
  void Serve(Connection& connection);
  bool Transact(Connection& connection, const std::string& line, Mail& mail, Behaviour behaviour);
  bool TakeData(Connection& connection, Mail& mail, Behaviour behaviour);
  Behaviour NextBehaviour();
  void MakeCertificate();

  const bool tls_;
  SSL_CTX* context_ = nullptr;
  int listener_ = -1;
  int port_ = 0;
  std::string ca_file_;
  std::atomic<int> connections_{0};
  Mutex mutex_;
  CondVar changed_;
  int open_ ABSL_GUARDED_BY(mutex_) = -1;  // socket of the connection that is served
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Behaviour> behaviours_ ABSL_GUARDED_BY(mutex_);
  std::vector<Mail> mails_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> verbs_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace clientele::invitation
