#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

// Metrics in Prometheus' text form. Handles are resolved once, kept, and used from any thread; labels never hold ids.
namespace clientele::obs {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void Increment(double by = 1) = 0;
};

class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void Set(double value) = 0;
};

class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void Observe(double value) = 0;
};

// The handle of a name and a label set; made at the first call, the same afterwards. It lives as long as the process.
Counter& CounterFor(const std::string& name, const std::string& help, const Labels& labels = {});
Gauge& GaugeFor(const std::string& name, const std::string& help, const Labels& labels = {});
// Buckets in seconds, from 0.5 ms to 10 s. Observations are spread over shards: no mutex is shared by all threads.
Histogram& HistogramFor(const std::string& name, const std::string& help, const Labels& labels = {});

// Everything, as GET /metrics answers it.
std::string MetricsText();

// Serves /metrics over plain HTTP at `address` (127.0.0.1:7421) until it is destroyed.
class MetricsEndpoint {
 public:
  // UNAVAILABLE where the address is taken.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(const std::string& address);
  ~MetricsEndpoint();

 private:
  struct Server;
  explicit MetricsEndpoint(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace clientele::obs
