#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/core/error.h"
#include "common/core/mutex.h"
#include "common/pg/executor.h"
#include "common/pg/things_test.h"

// For tests of common/pg whose jobs an Executor runs.
namespace clientele::pg {

// What came of jobs, in the order in which they ran.
class Outcomes {
 public:
  void Add(const std::string& outcome) {
    MutexLock lock(&mutex_);
    outcomes_.push_back(outcome);
    changed_.NotifyAll();
  }
  std::vector<std::string> WaitFor(size_t count) {
    MutexLock lock(&mutex_);
    const absl::Time limit = absl::Now() + absl::Seconds(30);
    while (outcomes_.size() < count && absl::Now() < limit) changed_.WaitFor(&mutex_, absl::Seconds(1));
    return outcomes_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> outcomes_ ABSL_GUARDED_BY(mutex_);
};

// A gate that a job stands at, so that its worker is busy for as long as the test likes.
class Gate {
 public:
  void Stand() {
    MutexLock lock(&mutex_);
    ++standing_;
    changed_.NotifyAll();
    while (!open_) changed_.Wait(&mutex_);
  }
  void AwaitStanding(int count) {
    MutexLock lock(&mutex_);
    while (standing_ < count) changed_.Wait(&mutex_);
  }
  void Open() {
    MutexLock lock(&mutex_);
    open_ = true;
    changed_.NotifyAll();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int standing_ ABSL_GUARDED_BY(mutex_) = 0;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
};

class ExecutorTest : public ThingsTest {
 protected:
  static ExecutorOptions Options(int workers = 1, int queue_limit = 100) {
    ExecutorOptions options;
    options.session = ThingsTest::options();
    options.read.workers = workers;
    options.read.queue_limit = queue_limit;
    options.write = {1, 10, absl::Seconds(5)};
    return options;
  }
  // A job that notes how it was run, and asks the database where it got a session.
  Job Noted(const std::string& name) {
    Job job;
    job.run = [this, name](absl::StatusOr<Session*> session) {
      absl::Status status = session.status();
      if (status.ok()) status = ForCaller((*session)->ReadDynamic("SELECT 1", {}).status());
      outcomes_.Add(absl::StrCat(name, ":", status.ok() ? "OK" : ReasonOf(status)));
    };
    return job;
  }
  Job Standing() {
    Job job;
    job.run = [this](const absl::StatusOr<Session*>&) { gate_.Stand(); };
    return job;
  }

  Outcomes outcomes_;
  Gate gate_;
};

}  // namespace clientele::pg
