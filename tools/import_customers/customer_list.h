#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clientele/customer/v1/customer_service.pb.h"

namespace clientele::import_customers {

// A row that can be sent.
struct ListRow {
  int64_t line = 0;
  std::vector<std::string> fields;  // as they stand in the file
  customer::v1::ImportRow import;
};

// A line that cannot.
struct BrokenLine {
  int64_t line = 0;
  std::string error;
  std::string raw;
};

// A partner's list of customers.
struct CustomerList {
  std::vector<std::string> header;
  char delimiter = ',';
  std::vector<ListRow> rows;
  std::vector<BrokenLine> broken;
};

// Reads a list by its header, in any order and case of the columns: Partner Center's ("Microsoft ID", "Company name",
// "Primary domain name", "Relationship") or ours: the fields of ImportRow, and of its Customer by their path
// ("billing_profile.default_address.city", "contacts.1.email", "labels.segment"). Columns whose name begins with # are
// comments. Cells are trimmed, empty ones are left out. InvalidArgument if the file cannot be such a list at all: no
// header, an unknown or doubled column, one of the four that every list has missing, UTF-16.
absl::StatusOr<CustomerList> ReadCustomerList(const std::string& text);

}  // namespace clientele::import_customers
