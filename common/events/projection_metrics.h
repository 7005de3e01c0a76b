#pragma once

#include <string>

#include "common/obs/metrics.h"

namespace clientele::events {

// What one projection tells of itself.
struct ProjectionMetrics {
  explicit ProjectionMetrics(const std::string& source)
      : lag(obs::GaugeFor("clientele_projection_lag_seconds", "Time since the copy was at the feed's end.",
                          {{"source", source}})),
        applied(obs::CounterFor("clientele_projection_events_total", "Events applied.", {{"source", source}})),
        resets(obs::CounterFor("clientele_projection_resets_total", "Times the copy began again from the oldest event.",
                               {{"source", source}})),
        fetch_failures(Failures(source, "fetch")),
        apply_failures(Failures(source, "apply")),
        database_failures(Failures(source, "database")) {}

  static obs::Counter& Failures(const std::string& source, const std::string& stage) {
    return obs::CounterFor("clientele_projection_failures_total", "Failures, by what failed.",
                           {{"source", source}, {"stage", stage}});
  }

  obs::Gauge& lag;
  obs::Counter& applied;
  obs::Counter& resets;
  obs::Counter& fetch_failures;
  obs::Counter& apply_failures;
  obs::Counter& database_failures;
};

}  // namespace clientele::events
