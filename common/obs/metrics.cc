#include "common/obs/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <exception>
#include <functional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/core/mutex.h"

namespace clientele::obs {
namespace {

constexpr std::array<double, 14> kBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                             0.1,    0.25,  0.5,    1,     2.5,  5,     10};
constexpr size_t kShards = 4;

class PrometheusCounter final : public Counter {
 public:
  explicit PrometheusCounter(prometheus::Counter& counter) : counter_(counter) {}
  void Increment(double by) override { counter_.Increment(by); }

 private:
  prometheus::Counter& counter_;
};

class PrometheusGauge final : public Gauge {
 public:
  explicit PrometheusGauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void Set(double value) override { gauge_.Set(value); }

 private:
  prometheus::Gauge& gauge_;
};

prometheus::Histogram::BucketBoundaries Boundaries() { return {kBuckets.begin(), kBuckets.end()}; }

// The packaged histogram takes a mutex per observation, so each thread writes to one of several, summed when read.
class ShardedHistogram final : public Histogram {
 public:
  void Observe(double value) override {
    static thread_local const size_t shard = std::hash<std::thread::id>()(std::this_thread::get_id()) % kShards;
    shards_[shard].Observe(value);
  }

  prometheus::ClientMetric Collect() const {
    prometheus::ClientMetric sum = shards_[0].Collect();
    for (size_t i = 1; i < kShards; ++i) {
      const prometheus::ClientMetric part = shards_[i].Collect();
      sum.histogram.sample_count += part.histogram.sample_count;
      sum.histogram.sample_sum += part.histogram.sample_sum;
      for (size_t b = 0; b < sum.histogram.bucket.size(); ++b) {
        sum.histogram.bucket[b].cumulative_count += part.histogram.bucket[b].cumulative_count;
      }
    }
    return sum;
  }

 private:
  std::array<prometheus::Histogram, kShards> shards_ = {
      prometheus::Histogram(Boundaries()), prometheus::Histogram(Boundaries()), prometheus::Histogram(Boundaries()),
      prometheus::Histogram(Boundaries())};
};

class ShardedHistograms final : public prometheus::Collectable {
 public:
  ShardedHistogram& Get(const std::string& name, const std::string& help, const Labels& labels) {
    MutexLock lock(&mutex_);
    Family& family = families_[name];
    family.help = help;
    auto& histogram = family.histograms[labels];
    if (histogram == nullptr) histogram = std::make_unique<ShardedHistogram>();
    return *histogram;
  }

  std::vector<prometheus::MetricFamily> Collect() const override {
    MutexLock lock(&mutex_);
    std::vector<prometheus::MetricFamily> answer;
    for (const auto& [name, family] : families_) {
      prometheus::MetricFamily out;
      out.name = name;
      out.help = family.help;
      out.type = prometheus::MetricType::Histogram;
      for (const auto& [labels, histogram] : family.histograms) {
        prometheus::ClientMetric metric = histogram->Collect();
        for (const auto& [label, value] : labels) metric.label.push_back({label, value});
        out.metric.push_back(std::move(metric));
      }
      answer.push_back(std::move(out));
    }
    return answer;
  }

 private:
  struct Family {
    std::string help;
    std::map<Labels, std::unique_ptr<ShardedHistogram>> histograms;
  };
  mutable Mutex mutex_;
  std::map<std::string, Family> families_ ABSL_GUARDED_BY(mutex_);
};

// Never destroyed: handles live as long as the process.
struct Registry {
  std::shared_ptr<prometheus::Registry> simple = std::make_shared<prometheus::Registry>();
  std::shared_ptr<ShardedHistograms> histograms = std::make_shared<ShardedHistograms>();
  Mutex mutex;
  std::map<std::pair<std::string, Labels>, std::unique_ptr<Counter>> counters ABSL_GUARDED_BY(mutex);
  std::map<std::pair<std::string, Labels>, std::unique_ptr<Gauge>> gauges ABSL_GUARDED_BY(mutex);
};

Registry& TheRegistry() {
  static Registry& registry = *new Registry;
  return registry;
}

}  // namespace

Counter& CounterFor(const std::string& name, const std::string& help, const Labels& labels) {
  Registry& registry = TheRegistry();
  MutexLock lock(&registry.mutex);
  auto& handle = registry.counters[{name, labels}];
  if (handle == nullptr) {
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(*registry.simple);
    handle = std::make_unique<PrometheusCounter>(family.Add(labels));
  }
  return *handle;
}

Gauge& GaugeFor(const std::string& name, const std::string& help, const Labels& labels) {
  Registry& registry = TheRegistry();
  MutexLock lock(&registry.mutex);
  auto& handle = registry.gauges[{name, labels}];
  if (handle == nullptr) {
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(*registry.simple);
    handle = std::make_unique<PrometheusGauge>(family.Add(labels));
  }
  return *handle;
}

Histogram& HistogramFor(const std::string& name, const std::string& help, const Labels& labels) {
  return TheRegistry().histograms->Get(name, help, labels);
}

std::string MetricsText() {
  std::vector<prometheus::MetricFamily> families = TheRegistry().simple->Collect();
  for (auto& family : TheRegistry().histograms->Collect()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

struct MetricsEndpoint::Server {
  explicit Server(const std::string& address) : exposer(address, 1) {}
  prometheus::Exposer exposer;
};

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(const std::string& address) {
  try {
    auto server = std::make_unique<Server>(address);
    server->exposer.RegisterCollectable(TheRegistry().simple);
    server->exposer.RegisterCollectable(TheRegistry().histograms);
    return std::unique_ptr<MetricsEndpoint>(new MetricsEndpoint(std::move(server)));
  } catch (const std::exception&) {
    // Civetweb says "null context when constructing CivetServer" for every cause; the common one is this.
    return absl::UnavailableError(absl::StrCat("cannot serve metrics at ", address, ": is the port taken?"));
  }
}

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<Server> server) : server_(std::move(server)) {}
MetricsEndpoint::~MetricsEndpoint() = default;

}  // namespace clientele::obs
