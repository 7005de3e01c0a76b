#include "tools/import_customers/customer_list.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "clientele/type/v1/rule.pb.h"
#include "common/core/id.h"
#include "tools/import_customers/csv_reader.h"

namespace clientele::import_customers {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

constexpr int kMaxContacts = 10;
constexpr absl::string_view kLabels = "labels.";
const char* const kRequiredColumns[] = {"tenant_id", "company_name", "primary_domain", "relationship"};

// Partner Center's titles.
const std::map<std::string, std::string>& Titles() {
  static const auto* const titles = new std::map<std::string, std::string>{
      {"microsoft id", "tenant_id"}, {"company name", "company_name"}, {"primary domain name", "primary_domain"}};
  return *titles;
}

// The field that a caller writes and that holds one text; null if there is none.
const FieldDescriptor* WritableText(const Descriptor* message, const std::string& name) {
  const FieldDescriptor* field = message->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() || field->type() != FieldDescriptor::TYPE_STRING) return nullptr;
  return field->options().GetExtension(type::v1::field).output_only() ? nullptr : field;
}

// The message under a path of singular message fields; null if there is none.
const Descriptor* MessageAt(const Descriptor* message, const std::vector<std::string>& path, size_t length) {
  for (size_t i = 0; message != nullptr && i < length; ++i) {
    const FieldDescriptor* field = message->FindFieldByName(path[i]);
    const bool nested = field != nullptr && !field->is_repeated() && field->type() == FieldDescriptor::TYPE_MESSAGE &&
                        !field->options().GetExtension(type::v1::field).output_only();
    message = nested ? field->message_type() : nullptr;
  }
  return message;
}

// One column: where its cells go.
struct Column {
  enum class Kind { kComment, kRow, kLabel, kContact, kCustomer } kind = Kind::kComment;
  std::vector<std::string> path;  // kRow, kContact: the field; kLabel: the key; kCustomer: all of the path
  int contact = 0;                // from 1
};

bool ParseColumn(const std::string& name, Column* column) {
  column->path = absl::StrSplit(name, '.');
  if (WritableText(customer::v1::ImportRow::descriptor(), name) != nullptr) {
    column->kind = Column::Kind::kRow;
    return true;
  }
  const auto& path = column->path;
  if (path[0] == "labels") {
    column->kind = Column::Kind::kLabel;
    column->path = {name.substr(std::min(name.size(), kLabels.size()))};
    return !column->path[0].empty();
  }
  if (path[0] == "contacts") {
    column->kind = Column::Kind::kContact;
    const bool right = path.size() == 3 && absl::SimpleAtoi(path[1], &column->contact) && column->contact >= 1 &&
                       column->contact <= kMaxContacts &&
                       WritableText(type::v1::Contact::descriptor(), path[2]) != nullptr;
    if (right) column->path = {path[2]};
    return right;
  }
  column->kind = Column::Kind::kCustomer;
  // The account's own id, etag and the fields that the row itself has are no columns.
  static const std::set<std::string> kNotOfAList = {"name", "etag", "company_name", "primary_domain"};
  if (path.size() == 1 && kNotOfAList.count(name) > 0) return false;
  const Descriptor* message = MessageAt(customer::v1::Customer::descriptor(), path, path.size() - 1);
  return message != nullptr && WritableText(message, path.back()) != nullptr;
}

void SetText(Message* message, const std::vector<std::string>& path, const std::string& value) {
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    message = message->GetReflection()->MutableMessage(message, message->GetDescriptor()->FindFieldByName(path[i]));
  }
  message->GetReflection()->SetString(message, message->GetDescriptor()->FindFieldByName(path.back()), value);
}

customer::v1::ImportRow ToImportRow(const std::vector<Column>& columns, const std::vector<std::string>& fields) {
  customer::v1::ImportRow row;
  std::map<int, type::v1::Contact> contacts;
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string value(absl::StripAsciiWhitespace(fields[i]));
    if (value.empty()) continue;
    switch (columns[i].kind) {
      case Column::Kind::kComment:
        break;
      case Column::Kind::kRow:
        SetText(&row, columns[i].path, value);
        break;
      case Column::Kind::kLabel:
        (*row.mutable_customer()->mutable_labels())[columns[i].path[0]] = value;
        break;
      case Column::Kind::kContact:
        SetText(&contacts[columns[i].contact], columns[i].path, value);
        break;
      case Column::Kind::kCustomer:
        SetText(row.mutable_customer(), columns[i].path, value);
        break;
    }
  }
  for (auto& [number, contact] : contacts) *row.mutable_customer()->add_contacts() = std::move(contact);
  // Portals write the id in either case.
  row.set_tenant_id(absl::AsciiStrToLower(row.tenant_id()));
  return row;
}

absl::StatusOr<std::vector<Column>> ParseHeader(const std::vector<std::string>& header) {
  std::vector<Column> columns;
  std::set<std::string> seen;
  std::vector<std::string> errors;
  for (const std::string& title : header) {
    const std::string trimmed(absl::StripAsciiWhitespace(title));
    std::string name = absl::AsciiStrToLower(trimmed);
    // The case of a label's key is the partner's own.
    if (absl::StartsWith(name, kLabels)) name = absl::StrCat(kLabels, trimmed.substr(kLabels.size()));
    if (const auto known = Titles().find(name); known != Titles().end()) name = known->second;
    Column column;
    if (!absl::StartsWith(name, "#")) {
      if (!ParseColumn(name, &column)) errors.push_back(absl::StrCat("unknown column \"", title, "\""));
      if (!seen.insert(name).second) errors.push_back(absl::StrCat("column \"", title, "\" stands there twice"));
    }
    columns.push_back(std::move(column));
  }
  for (const char* required : kRequiredColumns) {
    if (seen.count(required) == 0) errors.push_back(absl::StrCat("no column \"", required, "\""));
  }
  if (!errors.empty()) return absl::InvalidArgumentError(absl::StrJoin(errors, "; "));
  return columns;
}

// Every customer has a UUID there: it tells where one begins.
size_t TenantColumn(const std::vector<Column>& columns) {
  const auto found = std::find_if(columns.begin(), columns.end(), [](const Column& column) {
    return column.kind == Column::Kind::kRow && column.path[0] == kRequiredColumns[0];
  });
  return found - columns.begin();
}

bool IsUuid(const std::string& cell) {
  return Uuid::Parse(absl::AsciiStrToLower(absl::StripAsciiWhitespace(cell))).has_value();
}

// Where a file of refused rows keeps a line that was no record.
size_t RawColumn(const std::vector<std::string>& header) {
  return std::find(header.begin(), header.end(), "#raw") - header.begin();
}

// Such a line, and nobody put its cells into their columns yet.
bool IsStillBroken(const std::vector<Column>& columns, const std::vector<std::string>& fields, size_t raw) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (columns[i].kind != Column::Kind::kComment && !fields[i].empty()) return false;
  }
  return !fields[raw].empty();
}

}  // namespace

absl::StatusOr<CustomerList> ReadCustomerList(const std::string& text) {
  if (absl::StartsWith(text, "\xff\xfe") || absl::StartsWith(text, "\xfe\xff")) {
    return absl::InvalidArgumentError("the file is UTF-16: save it as CSV UTF-8");
  }
  CsvReader reader(text);
  CsvRecord record;
  if (!reader.Next(&record)) return absl::InvalidArgumentError("the file is empty");
  if (!record.error.empty()) return absl::InvalidArgumentError(absl::StrCat("the header ", record.error));
  const auto columns = ParseHeader(record.fields);
  if (!columns.ok()) return columns.status();
  CustomerList list;
  list.header = record.fields;
  list.delimiter = reader.delimiter();
  reader.ExpectColumns(columns->size(), {TenantColumn(*columns), IsUuid});
  const size_t raw = RawColumn(list.header);
  while (reader.Next(&record)) {
    if (record.error.empty() && raw < record.fields.size() && IsStillBroken(*columns, record.fields, raw)) {
      list.broken.push_back({record.line, "was not corrected: the line as it was stands in #raw", record.fields[raw]});
    } else if (record.error.empty()) {
      auto import = ToImportRow(*columns, record.fields);
      list.rows.push_back({record.line, std::move(record.fields), std::move(import)});
    } else {
      list.broken.push_back({record.line, record.error, record.raw});
    }
  }
  return list;
}

}  // namespace clientele::import_customers
