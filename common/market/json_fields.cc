#include "common/market/json_fields.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace clientele::market {
namespace {

const nlohmann::json& EmptyArray() {
  static const nlohmann::json* const empty = new nlohmann::json(nlohmann::json::array());
  return *empty;
}

const nlohmann::json& EmptyObject() {
  static const nlohmann::json* const empty = new nlohmann::json(nlohmann::json::object());
  return *empty;
}

}  // namespace

JsonFields::JsonFields(const nlohmann::json& value, std::string place, std::vector<std::string>* errors)
    : value_(value), place_(std::move(place)), errors_(errors) {
  if (!value_.is_object()) errors_->push_back(absl::StrCat(place_.empty() ? "file" : place_, ": must be an object"));
}

std::string JsonFields::PlaceOf(const std::string& key) const {
  return place_.empty() ? key : absl::StrCat(place_, ".", key);
}

void JsonFields::Fail(const std::string& key, const std::string& message) {
  errors_->push_back(absl::StrCat(PlaceOf(key), ": ", message));
}

bool JsonFields::Has(const std::string& key) const { return value_.is_object() && value_.contains(key); }

const nlohmann::json* JsonFields::Find(const std::string& key) {
  asked_.push_back(key);
  if (!value_.is_object()) return nullptr;
  const auto found = value_.find(key);
  if (found == value_.end()) {
    Fail(key, "is missing");
    return nullptr;
  }
  return &*found;
}

std::string JsonFields::Text(const std::string& key) {
  const nlohmann::json* found = Find(key);
  if (found == nullptr) return "";
  if (found->is_string() && !found->get_ref<const std::string&>().empty()) return found->get<std::string>();
  Fail(key, "must be text, not empty");
  return "";
}

bool JsonFields::Bool(const std::string& key) {
  const nlohmann::json* found = Find(key);
  if (found == nullptr) return false;
  if (found->is_boolean()) return found->get<bool>();
  Fail(key, "must be true or false");
  return false;
}

int JsonFields::Int(const std::string& key, int min, int max) {
  const nlohmann::json* found = Find(key);
  if (found == nullptr) return min;
  if (found->is_number_integer()) {
    const auto number = found->get<int64_t>();
    if (number >= min && number <= max) return static_cast<int>(number);
  }
  Fail(key, absl::StrCat("must be a whole number from ", min, " to ", max));
  return min;
}

std::vector<std::string> JsonFields::Texts(const std::string& key) {
  std::vector<std::string> texts;
  const nlohmann::json& array = Array(key);
  for (size_t i = 0; i < array.size(); ++i) {
    if (array[i].is_string() && !array[i].get_ref<const std::string&>().empty()) {
      texts.push_back(array[i].get<std::string>());
    } else {
      Fail(absl::StrCat(key, "[", i, "]"), "must be text, not empty");
    }
  }
  return texts;
}

std::vector<std::pair<std::string, std::string>> JsonFields::TextMap(const std::string& key) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& [name, value] : Object(key).items()) {
    if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
      texts.emplace_back(name, value.get<std::string>());
    } else {
      Fail(absl::StrCat(key, ".", name), "must be text, not empty");
    }
  }
  return texts;
}

const nlohmann::json& JsonFields::Array(const std::string& key) {
  const nlohmann::json* found = Find(key);
  if (found != nullptr && found->is_array()) return *found;
  if (found != nullptr) Fail(key, "must be a list");
  return EmptyArray();
}

const nlohmann::json& JsonFields::Object(const std::string& key) {
  const nlohmann::json* found = Find(key);
  if (found != nullptr && found->is_object()) return *found;
  if (found != nullptr) Fail(key, "must be an object");
  return EmptyObject();
}

void JsonFields::RefuseOtherKeys() {
  if (!value_.is_object()) return;
  for (const auto& [key, value] : value_.items()) {
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) Fail(key, "is not a key of this file");
  }
}

nlohmann::json ParseJson(const std::string& text, std::vector<std::string>* errors) {
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    errors->push_back(error.what());
    return nullptr;
  }
}

bool ReadFile(const std::string& path, std::string* text) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!file || !(content << file.rdbuf())) return false;
  *text = content.str();
  return true;
}

}  // namespace clientele::market
