#pragma once

#include <string>

#include "common/obs/metrics.h"

namespace clientele::saga {

// What the sagas of one kind tell of themselves.
struct SagaMetrics {
  explicit SagaMetrics(const std::string& kind)
      : running(obs::GaugeFor("clientele_sagas_running", "Sagas that this replica runs.", {{"kind", kind}})),
        steps(obs::CounterFor("clientele_saga_steps_total", "Steps taken.", {{"kind", kind}})),
        retries(obs::CounterFor("clientele_saga_retries_total", "Steps to be tried again.", {{"kind", kind}})),
        lost(obs::CounterFor("clientele_saga_leases_lost_total", "Sagas that another replica took over, or may.",
                             {{"kind", kind}})),
        succeeded(Ended(kind, "ok")),
        refused(Ended(kind, "refused")) {}

  static obs::Counter& Ended(const std::string& kind, const std::string& outcome) {
    return obs::CounterFor("clientele_sagas_ended_total", "Sagas that ended, by outcome.",
                           {{"kind", kind}, {"outcome", outcome}});
  }

  obs::Gauge& running;
  obs::Counter& steps;
  obs::Counter& retries;
  obs::Counter& lost;
  obs::Counter& succeeded;
  obs::Counter& refused;
};

}  // namespace clientele::saga
