#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/core/error.h"
#include "common/rpc/filter.h"

namespace clientele::rpc {

absl::StatusOr<std::vector<pg::SortColumn>> ParseOrderBy(absl::string_view order_by, const pg::ListOrders& orders,
                                                         absl::string_view default_order) {
  std::vector<std::string> words = absl::StrSplit(order_by, ' ', absl::SkipEmpty());
  if (words.empty()) words = absl::StrSplit(default_order, ' ', absl::SkipEmpty());
  const auto order = words.empty() ? orders.end() : orders.find(words[0]);
  const bool directed = words.size() == 2 && (words[1] == "asc" || words[1] == "desc");
  if (order == orders.end() || (words.size() != 1 && !directed)) {
    std::vector<std::string> names;
    for (const auto& [name, columns] : orders) names.push_back(name);
    return InvalidFields(
        {{"order_by", absl::StrCat("must be one of ", absl::StrJoin(names, ", "), ", alone or with asc or desc"),
          "ORDER_BY", ""}});
  }
  std::vector<pg::SortColumn> columns = order->second;
  if (directed && words[1] == "desc") {
    for (pg::SortColumn& column : columns) column.descending = !column.descending;
  }
  return columns;
}

}  // namespace clientele::rpc
