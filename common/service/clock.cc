#include "common/service/clock.h"

#ifdef CLIENTELE_FAILPOINTS
#include <fstream>

#include "absl/flags/flag.h"
#include "common/core/mutex.h"

ABSL_FLAG(std::string, clock_offset_file, "",
          "Test builds only: file with the seconds by which domain time is ahead of real time.");
#endif

namespace clientele::service {
#ifdef CLIENTELE_FAILPOINTS
namespace {

class OffsetClock final : public Clock {
 public:
  explicit OffsetClock(std::string file) : file_(std::move(file)) {}

  absl::Time Now() const override {
    const absl::Time real = real_.Now();
    MutexLock lock(&mutex_);
    if (real >= next_look_) {
      next_look_ = real + absl::Milliseconds(50);
      double seconds = 0;
      if (std::ifstream(file_) >> seconds) offset_ = absl::Seconds(seconds);
    }
    return real + offset_;
  }

 private:
  const std::string file_;
  const SystemClock real_;
  mutable Mutex mutex_;
  mutable absl::Time next_look_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  mutable absl::Duration offset_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Clock> MakeClock() {
  const std::string file = absl::GetFlag(FLAGS_clock_offset_file);
  if (file.empty()) return std::make_unique<SystemClock>();
  return std::make_unique<OffsetClock>(file);
}
#else
std::unique_ptr<Clock> MakeClock() { return std::make_unique<SystemClock>(); }
#endif

}  // namespace clientele::service
