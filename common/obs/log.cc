#include "common/obs/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace clientele::obs {
namespace {

constexpr size_t kUsualLine = 512;

struct LogState {
  std::string service = "clientele";
  std::shared_ptr<spdlog::logger> logger;
};

// Never destroyed: threads may log until the process ends.
LogState& State() {
  static LogState& state = *[] {
    auto* made = new LogState;
    made->logger = spdlog::stderr_logger_mt("clientele");
    made->logger->set_pattern("%v");
    made->logger->flush_on(spdlog::level::trace);
    return made;
  }();
  return state;
}

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

absl::string_view NameOf(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "error";
}

// spdlog does not escape: the JSON library quotes what needs it, and replaces what is not UTF-8.
void AppendQuoted(std::string& line, absl::string_view text) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  if (!std::all_of(text.begin(), text.end(), plain)) {
    line += nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return;
  }
  line += '"';
  line.append(text.data(), text.size());
  line += '"';
}

void AppendField(std::string& line, absl::string_view key, absl::string_view value) {
  absl::StrAppend(&line, ",\"", key, "\":");
  AppendQuoted(line, value);
}

void AppendFields(std::string& line, Level level, absl::string_view message,
                  const std::initializer_list<LogField>& fields) {
  AppendField(line, "level", NameOf(level));
  AppendField(line, "message", message);
  for (const LogField& field : fields) AppendField(line, field.key(), field.value());
}

// Without a destructor: threads may log until the process ends.
struct WholeSecond {
  int64_t since_epoch = -1;
  char text[20] = "";
};

// 2026-01-31T23:59:59.123456Z. A thread keeps the text of its last whole second: it costs more than the rest of a line.
void AppendTime(std::string& line, absl::Time now) {
  thread_local WholeSecond second;
  const int64_t micros = absl::ToUnixMicros(now);
  if (const int64_t whole = micros / 1'000'000; second.since_epoch != whole) {
    second = {whole};
    absl::FormatTime("%Y-%m-%dT%H:%M:%S", now, absl::UTCTimeZone()).copy(second.text, sizeof(second.text) - 1);
  }
  absl::StrAppend(&line, second.text, ".", absl::Dec(micros % 1'000'000, absl::kZeroPad6), "Z");
}

}  // namespace

void StartLog(absl::string_view service, Level lowest) {
  State().service = std::string(service);
  State().logger->set_level(ToSpdlog(lowest));
}

bool LogsAt(Level level) { return State().logger->should_log(ToSpdlog(level)); }

std::string FormatLogLine(Level level, absl::string_view message, std::initializer_list<LogField> fields) {
  std::string line;
  AppendFields(line, level, message, fields);
  return line;
}

void Log(Level level, absl::string_view message, std::initializer_list<LogField> fields) {
  if (!LogsAt(level)) return;
  std::string line;
  line.reserve(kUsualLine);
  line += "{\"time\":\"";
  AppendTime(line, absl::Now());
  line += '"';
  AppendField(line, "service", State().service);
  AppendFields(line, level, message, fields);
  line += '}';
  State().logger->log(ToSpdlog(level), spdlog::string_view_t(line));
}

}  // namespace clientele::obs
