#include "common/market/cloud.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/market/domain_name.h"
#include "common/market/json_fields.h"
#include "re2/re2.h"

namespace clientele::market {
namespace {

constexpr int kMaxInvitationDays = 90;
constexpr int kMaxDailyMails = 1'000'000;

std::set<std::string> ReadKinds(JsonFields* fields, const std::string& key, const std::set<std::string>& known) {
  std::set<std::string> kinds;
  for (const std::string& kind : fields->Texts(key)) {
    if (known.count(kind) == 0) fields->Fail(key, absl::StrCat(kind, " is none of ", absl::StrJoin(known, ", ")));
    kinds.insert(kind);
  }
  return kinds;
}

InvitationPolicy ReadInvitation(JsonFields fields) {
  InvitationPolicy policy;
  policy.kinds = ReadKinds(&fields, "kinds", {"reseller"});
  const int min_days = fields.Int("min_days", 1, kMaxInvitationDays);
  const int max_days = fields.Int("max_days", 1, kMaxInvitationDays);
  const int default_days = fields.Int("default_days", 1, kMaxInvitationDays);
  if (min_days > default_days || default_days > max_days) {
    fields.Fail("default_days", "must lie between min_days and max_days");
  }
  policy.min_lifetime = absl::Hours(24 * min_days);
  policy.max_lifetime = absl::Hours(24 * max_days);
  policy.default_lifetime = absl::Hours(24 * default_days);
  policy.reminder = absl::Hours(24 * fields.Int("reminder_days", 1, kMaxInvitationDays));
  policy.daily_mails_to_strangers_per_partner = fields.Int("daily_mails_to_strangers_per_partner", 0, kMaxDailyMails);
  fields.RefuseOtherKeys();
  return policy;
}

}  // namespace

bool Cloud::IsFreeMailDomain(const std::string& domain) const {
  for (size_t begin = 0; begin != std::string::npos;) {
    if (free_mail_domains_.count(domain.substr(begin)) > 0) return true;
    const size_t dot = domain.find('.', begin);
    begin = dot == std::string::npos ? dot : dot + 1;
  }
  return false;
}

absl::StatusOr<Cloud> Cloud::Load(const std::string& path, const std::string& cell) {
  std::string text;
  if (!ReadFile(path, &text)) return absl::NotFoundError(absl::StrCat("cannot read the cloud file ", path));
  return Parse(text, path, cell);
}

absl::StatusOr<Cloud> Cloud::Parse(const std::string& json, const std::string& origin, const std::string& cell) {
  std::vector<std::string> errors;
  const nlohmann::json document = ParseJson(json, &errors);
  Cloud cloud;
  if (errors.empty()) {
    JsonFields fields(document, "", &errors);
    cloud.cell_ = fields.Text("cell");
    if (!RE2::FullMatch(cloud.cell_, "[a-z][a-z0-9-]*")) fields.Fail("cell", "must match [a-z][a-z0-9-]*");
    if (cloud.cell_ != cell) fields.Fail("cell", absl::StrCat("must be ", cell, ", the cell of this process"));
    cloud.accepts_new_customers_ = fields.Bool("accepts_new_customers");
    cloud.directory_issuer_ = fields.Text("directory_issuer");
    if (!absl::StartsWith(cloud.directory_issuer_, "https://")) {
      fields.Fail("directory_issuer", "must be an https URI");
    }
    cloud.partner_kinds_ =
        ReadKinds(&fields, "partner_kinds", {"direct_bill", "indirect_provider", "indirect_reseller"});
    if (cloud.partner_kinds_.empty()) fields.Fail("partner_kinds", "must not be empty");
    cloud.invitation_ = ReadInvitation(JsonFields(fields.Object("invitation"), "invitation", &errors));
    for (const std::string& domain : fields.Texts("free_mail_domains")) {
      std::vector<FieldViolation> violations;
      if (CheckDomainName("", domain, &violations) != domain) {
        fields.Fail("free_mail_domains", absl::StrCat(domain, " is no domain name in lower case"));
      }
      cloud.free_mail_domains_.insert(domain);
    }
    fields.RefuseOtherKeys();
  }
  if (!errors.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        origin, ": ", errors.size(), errors.size() == 1 ? " error: " : " errors: ", absl::StrJoin(errors, "; ")));
  }
  return cloud;
}

}  // namespace clientele::market
