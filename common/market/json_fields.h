#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace clientele::market {

// Reads the fields of one JSON object and collects what is wrong with them, each error with its place in the file
// ("countries[3].name: must be text"), so that a broken file is reported whole. Not for headers: it drags in json.
class JsonFields {
 public:
  // `value` and `errors` outlive this object. `place` is empty for the top of the file.
  JsonFields(const nlohmann::json& value, std::string place, std::vector<std::string>* errors);

  // What is missing or of another type is an error, and reads as empty, false or `min`.
  std::string Text(const std::string& key);
  bool Bool(const std::string& key);
  int Int(const std::string& key, int min, int max);
  std::vector<std::string> Texts(const std::string& key);
  // Pairs in the order of the keys.
  std::vector<std::pair<std::string, std::string>> TextMap(const std::string& key);
  // An empty array or object if there is none.
  const nlohmann::json& Array(const std::string& key);
  const nlohmann::json& Object(const std::string& key);

  bool Has(const std::string& key) const;
  // An error about one field of this object.
  void Fail(const std::string& key, const std::string& message);
  // Every key that was not asked for is an error: a misspelt key must not read as an absent one.
  void RefuseOtherKeys();

  std::string PlaceOf(const std::string& key) const;

 private:
  const nlohmann::json* Find(const std::string& key);

  const nlohmann::json& value_;
  const std::string place_;
  std::vector<std::string>* const errors_;
  std::vector<std::string> asked_;
};

// The file's text as JSON, or null with one error that tells line and column.
nlohmann::json ParseJson(const std::string& text, std::vector<std::string>* errors);

// The whole file; false, and one error, if it cannot be read.
bool ReadFile(const std::string& path, std::string* text);

}  // namespace clientele::market
