#include "services/customer/domain/agreement.h"

#include "common/core/error.h"

namespace clientele::customer {
namespace {

constexpr absl::Duration kEasternmost = absl::Hours(14);

}  // namespace

absl::Status CheckAgreement(const Agreement& agreement, absl::Time now) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(agreement.date_agreed, &day) || absl::FormatCivilTime(day) != agreement.date_agreed) {
    return InvalidFields({{"agreement.date_agreed", "must be a day, such as 2026-01-31", "DATE", ""}});
  }
  if (day > absl::ToCivilDay(now + kEasternmost, absl::UTCTimeZone())) {
    return InvalidFields({{"agreement.date_agreed", "must not lie in the future", "FUTURE", ""}});
  }
  return absl::OkStatus();
}

}  // namespace clientele::customer
