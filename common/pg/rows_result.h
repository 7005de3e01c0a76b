#pragma once

#include <pqxx/pqxx>
#include <vector>

#include "common/pg/statement.h"

namespace clientele::pg {

// The answer of libpqxx and where its values lie. Private to common/pg.
struct Rows::Result {
  explicit Result(const pqxx::result& answer);

  struct Cell {
    const char* data;  // nullptr is NULL
    int size;
  };
  const Cell& At(int row, int column) const { return cells[static_cast<size_t>(row) * columns + column]; }

  // Keeps the memory that the cells point into.
  const pqxx::result answer;
  const int columns;
  // Taken out once: each look-up of a field through libpqxx copies two shared pointers.
  std::vector<Cell> cells;
};

}  // namespace clientele::pg
