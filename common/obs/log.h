#pragma once

#include <initializer_list>
#include <string>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// The log: one JSON object a line on standard error. No personal data, no tokens, no SQL of a caller's values.
namespace clientele::obs {

enum class Level { kDebug, kInfo, kWarning, kError };

// Of one line. The key is a word of ours; text is not copied: it has to live until the line is written.
class LogField {
 public:
  // Whatever absl::StrCat takes, and bool as true or false.
  template <class Value>
  LogField(absl::string_view key, const Value& value) : key_(key) {
    if constexpr (std::is_same_v<Value, bool>) {
      value_ = value ? "true" : "false";
    } else if constexpr (std::is_convertible_v<const Value&, absl::string_view>) {
      value_ = value;
    } else {
      value_ = number_ = absl::StrCat(value);
    }
  }
  LogField(const LogField&) = delete;
  LogField& operator=(const LogField&) = delete;

  absl::string_view key() const { return key_; }
  absl::string_view value() const { return value_; }

 private:
  const absl::string_view key_;
  std::string number_;
  absl::string_view value_;
};

// Names the process in every line and sets the lowest level that is written. Once, before other threads log.
void StartLog(absl::string_view service, Level lowest);

// Thread-safe. Lines are written whole.
void Log(Level level, absl::string_view message, std::initializer_list<LogField> fields = {});

// False where a line would be dropped: for what is costly to put together.
bool LogsAt(Level level);

// The end of a line, behind time and service, as Log writes it; for tests.
std::string FormatLogLine(Level level, absl::string_view message, std::initializer_list<LogField> fields);

}  // namespace clientele::obs
