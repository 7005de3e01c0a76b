#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/market/domain_name.h"
#include "services/invitation/storage/invitation_row.h"
#include "services/invitation/storage/invitation_store.h"

namespace clientele::invitation {
namespace {

// $1 partner, $2 now: a state whose time has passed is read as EXPIRED, as it is shown.
const std::string kSelect = absl::StrCat("SELECT ", kInvitationColumns, " FROM invitation i ", kInvitationJoins,
                                         " CROSS JOIN LATERAL (SELECT CASE WHEN i.state = 2 AND i.expire_time <= $2 "
                                         "THEN 7 ELSE i.state END AS state) shown");
constexpr char kExpireOrder[] = "coalesce(i.expire_time, 'infinity'::timestamptz)";

std::map<std::string, int> StateWords() {
  std::map<std::string, int> words;
  for (int number = 1; number <= 7; ++number) {
    const std::string word = WordOf(static_cast<InvitationState>(number));
    words[word] = number;
    words[absl::StrCat("INVITATION_STATE_", word)] = number;
  }
  return words;
}

std::string EmailKey(const std::string& value) { return absl::StrCat("email:", absl::AsciiStrToLower(value)); }

// What is no whole domain name (a prefix) is compared as it is.
std::string DomainKey(const std::string& value) {
  std::vector<FieldViolation> ignored;
  const auto domain = market::CheckDomainName("target.domain", value, &ignored);
  return absl::StrCat("domain:", domain.value_or(absl::AsciiStrToLower(value)));
}

std::string CursorTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6S+00:00", time, absl::UTCTimeZone());
}

}  // namespace

const pg::ListFields& InvitationListFields() {
  static const pg::ListFields* const fields = new pg::ListFields{
      {"state", {"shown.state", pg::FieldType::kEnum, false, StateWords(), nullptr}},
      {"create_time", {"i.create_time", pg::FieldType::kTime, false, {}, nullptr}},
      {"expire_time", {"i.expire_time", pg::FieldType::kTime, false, {}, nullptr}},
      {"target.email", {"i.target_key", pg::FieldType::kText, true, {}, EmailKey}},
      {"target.domain", {"i.target_key", pg::FieldType::kText, true, {}, DomainKey}},
  };
  return *fields;
}

const std::map<std::string, std::vector<pg::SortColumn>>& InvitationListOrders() {
  static const auto* const orders = new std::map<std::string, std::vector<pg::SortColumn>>{
      {"create_time", {{"i.create_time", pg::FieldType::kTime, false}, {"i.id", pg::FieldType::kUuid, false}}},
      {"expire_time", {{kExpireOrder, pg::FieldType::kTime, false}, {"i.id", pg::FieldType::kUuid, false}}},
  };
  return *orders;
}

std::vector<std::string> InvitationCursor(const Invitation& last, const std::vector<pg::SortColumn>& order) {
  if (order.front().column != kExpireOrder) return {CursorTime(last.create_time), last.id};
  return {last.expire_time.has_value() ? CursorTime(*last.expire_time) : "infinity", last.id};
}

absl::StatusOr<std::vector<Invitation>> InvitationStore::List(pg::Session& session,
                                                              const InvitationQuery& query) const {
  pg::ListQuery list;
  list.select = kSelect;
  list.where = "i.partner = $1";
  list.params.Text(query.partner).Time(query.now);
  list.filter = query.filter;
  list.order = query.order;
  list.after = query.after;
  list.limit = query.limit;
  const pg::BuiltQuery built = pg::Build(list);
  const auto rows = session.ReadDynamic(built.sql, built.params);
  if (!rows.ok()) return pg::ForCaller(rows.status());
  std::vector<Invitation> invitations;
  for (int i = 0; i < rows->size(); ++i) {
    pg::RowReader row(*rows, i);
    invitations.push_back(ReadInvitation(row));
  }
  return invitations;
}

}  // namespace clientele::invitation
