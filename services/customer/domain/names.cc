#include "services/customer/domain/names.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace clientele::customer {

std::string PartnerName(absl::string_view partner) { return absl::StrCat("partners/", partner); }

std::string CustomerName(const AccountName& name) {
  return absl::StrCat("partners/", name.partner, "/customers/", name.customer);
}

std::string RelationshipName(const AccountName& name) {
  return absl::StrCat("partners/", name.partner, "/customerRelationships/", name.customer);
}

std::string ImportSourceName(absl::string_view source) { return absl::StrCat("importSources/", source); }

AccountName ParseAccountName(absl::string_view name) {
  const std::vector<absl::string_view> segments = absl::StrSplit(name, '/');
  if (segments.size() != 4 || segments[0] != "partners") return {};
  return {std::string(segments[1]), std::string(segments[3])};
}

std::string LastSegment(absl::string_view name) {
  const size_t slash = name.rfind('/');
  return std::string(slash == absl::string_view::npos ? name : name.substr(slash + 1));
}

}  // namespace clientele::customer
