#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/auth/principal.h"
#include "common/market/cloud.h"

namespace clientele::customer {

// A principal that speaks for another portal and vouches for its lists of customers.
struct ImportSource {
  std::string id;
  std::string portal;
  std::string principal;
  std::vector<std::string> partners;  // ids; "-" alone is all
  std::string tenant_issuer;          // empty: the cell's vendor directory
  int64_t revision = 1;
  absl::Time create_time;
};

inline constexpr char kAllPartners[] = "-";

// INVALID_ARGUMENT where "all" stands beside a partner, or a partner stands twice.
absl::Status CheckNewSource(const ImportSource& source);

// Who vouches for a list.
struct Vouching {
  bool vouched = false;       // false: a partner's own list
  std::string by;             // kept with the account
  std::string source;         // resource name; empty where an operator or the partner itself brings the list
  std::string tenant_issuer;  // of the list's tenant ids
};

// Who may bring a list for `partner`. `named` is the source that the request names; `source` is empty where there is
// none such. FAILED_PRECONDITION/IMPORT_SOURCE_UNKNOWN, PERMISSION_DENIED/NOT_IMPORT_SOURCE.
absl::StatusOr<Vouching> Vouch(const auth::Principal& caller, const std::string& partner, const std::string& named,
                               const std::optional<ImportSource>& source, const market::Cloud& cloud);

}  // namespace clientele::customer
