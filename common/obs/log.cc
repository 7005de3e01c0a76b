#include "common/obs/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace clientele::obs {
namespace {

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

bool IsPlain(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

// spdlog does not escape: the JSON library quotes what needs it, and replaces what is not UTF-8.
void AppendQuoted(std::string& line, absl::string_view text) {
  if (std::all_of(text.begin(), text.end(), IsPlain)) {
    absl::StrAppend(&line, "\"", text, "\"");
    return;
  }
  line += nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void StartLog(absl::string_view service, Level lowest) {
  State().service = std::string(service);
  State().logger->set_level(ToSpdlog(lowest));
}

bool LogsAt(Level level) { return State().logger->should_log(ToSpdlog(level)); }

std::string FormatLogLine(Level level, absl::string_view message, std::initializer_list<LogField> fields) {
  std::string line = absl::StrCat("\"level\":\"", NameOf(level), "\",\"message\":");
  AppendQuoted(line, message);
  for (const LogField& field : fields) {
    line += ',';
    AppendQuoted(line, field.key);
    line += ':';
    AppendQuoted(line, field.value);
  }
  return line;
}

void Log(Level level, absl::string_view message, std::initializer_list<LogField> fields) {
  if (!LogsAt(level)) return;
  const std::string time = absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::Now(), absl::UTCTimeZone());
  State().logger->log(ToSpdlog(level), "{}",
                      absl::StrCat("{\"time\":\"", time, "\",\"service\":\"", State().service, "\",",
                                   FormatLogLine(level, message, fields), "}"));
}

}  // namespace clientele::obs
