#pragma once

#include <pqxx/pqxx>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/pg/statement.h"

namespace clientele::pg {

// The answer of libpqxx and where its values lie. Private to common/pg.
struct Rows::Result {
  explicit Result(const pqxx::result& answer);

  // Keeps the memory that the values lie in.
  const pqxx::result answer;
  const int rows;
  const int columns;
  // Row by row; without data where NULL. Taken out once: each look-up of a field through libpqxx copies two shared
  // pointers.
  std::vector<absl::string_view> values;
};

}  // namespace clientele::pg
