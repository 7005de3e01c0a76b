#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/market/domain_name.h"
#include "services/invitation/storage/invitation_row.h"
#include "services/invitation/storage/invitation_store.h"

namespace clientele::invitation {
namespace {

// $1 partner, $2 now: a state whose time has passed is read as EXPIRED, as it is shown.
const std::string kFrom = absl::StrCat("FROM invitation i ", kInvitationJoins,
                                       " CROSS JOIN LATERAL (SELECT CASE WHEN i.state = 2 AND i.expire_time <= $2 "
                                       "THEN 7 ELSE i.state END AS state) shown");
// A draft has no end.
constexpr char kEnd[] = "coalesce(i.expire_time, 'infinity'::timestamptz)";

std::string EmailKey(const std::string& value) { return absl::StrCat("email:", absl::AsciiStrToLower(value)); }

// What is no whole domain name (a prefix) is compared as it is.
std::string DomainKey(const std::string& value) {
  std::vector<FieldViolation> ignored;
  const auto domain = market::CheckDomainName("target.domain", value, &ignored);
  return absl::StrCat("domain:", domain.value_or(absl::AsciiStrToLower(value)));
}

std::map<std::string, int> StateWords() {
  std::map<std::string, int> words;
  for (int number = 1; number <= 7; ++number) words[WordOf(static_cast<InvitationState>(number))] = number;
  return pg::Words("INVITATION_STATE_", words);
}

}  // namespace

const pg::Listing& InvitationListing() {
  using pg::FieldType;
  static const auto* const listing =
      new pg::Listing{{{"state", {"shown.state", FieldType::kEnum, false, StateWords()}},
                       {"create_time", {"i.create_time", FieldType::kTime}},
                       {"expire_time", {"i.expire_time", FieldType::kTime}},
                       {"target.email", {"i.target_key", FieldType::kText, true, {}, EmailKey}},
                       {"target.domain", {"i.target_key", FieldType::kText, true, {}, DomainKey}}},
                      {{"create_time", {{"i.create_time", FieldType::kTime}, {"i.id", FieldType::kUuid}}},
                       {"expire_time", {{kEnd, FieldType::kTime}, {"i.id", FieldType::kUuid}}}},
                      "create_time"};
  return *listing;
}

absl::StatusOr<pg::Page<Invitation>> InvitationStore::List(pg::Session& session, const std::string& partner,
                                                           absl::Time now, const pg::PageRequest& page) {
  const pg::ListQuery query = {kInvitationColumns, kFrom, "i.partner = $1", pg::Params().Text(partner).Time(now)};
  return pg::ReadPage(session, query, page, ReadInvitation);
}

}  // namespace clientele::invitation
