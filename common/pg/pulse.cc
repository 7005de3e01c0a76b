#include "common/pg/pulse.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/obs/log.h"

namespace clientele::pg {
namespace {

const Statement kAsk{"pulse", "SELECT 1"};

}  // namespace

Pulse::Pulse(SessionOptions options) : session_(std::move(options)), heard_(absl::Now()) {
  MutexLock lock(&joining_);
  thread_ = std::thread([this] { Work(); });
}

Pulse::~Pulse() { Stop(); }

bool Pulse::Silent() const {
  MutexLock lock(&mutex_);
  return absl::Now() - heard_ > kInterval + kPatience;
}

void Pulse::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  session_.Abort();
  MutexLock lock(&joining_);
  if (thread_.joinable()) thread_.join();
}

void Pulse::Work() {
  for (;;) {
    const absl::Time asked = absl::Now();
    const bool connected = session_.connected() || session_.Connect().ok();
    const bool answered = connected && session_.Read(kAsk, Params()).ok();
    // What was refused at once was refused by a server; what timed out, by nobody.
    if (answered || absl::Now() - asked < kPatience) Heard(asked);
    const absl::Time next = absl::Now() + kInterval;
    MutexLock lock(&mutex_);
    for (absl::Time now = absl::Now(); now < next && !stopping_; now = absl::Now()) stop_.WaitFor(&mutex_, next - now);
    if (stopping_) return;
  }
}

void Pulse::Heard(absl::Time asked) {
  const absl::Time now = absl::Now();
  if (now - asked > kPatience) {
    obs::Log(obs::Level::kWarning, "the database did not answer for a while",
             {{"seconds", absl::ToInt64Seconds(now - asked)}});
  }
  MutexLock lock(&mutex_);
  heard_ = now;
}

}  // namespace clientele::pg
