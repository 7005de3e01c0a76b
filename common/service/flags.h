#pragma once

#include <string>

#include "absl/flags/declare.h"
#include "absl/time/time.h"

// The flags that every service has. Each can stand in a file (--flagfile) or in the environment (--fromenv=name reads
// FLAGS_name). Secrets are paths of files, never values.
ABSL_DECLARE_FLAG(std::string, mode);
ABSL_DECLARE_FLAG(std::string, listen);
ABSL_DECLARE_FLAG(std::string, metrics_listen);
ABSL_DECLARE_FLAG(std::string, admin_listen);
ABSL_DECLARE_FLAG(std::string, cell);
ABSL_DECLARE_FLAG(std::string, cloud_file);
ABSL_DECLARE_FLAG(std::string, markets_file);
ABSL_DECLARE_FLAG(std::string, database);
ABSL_DECLARE_FLAG(std::string, tls_directory);
ABSL_DECLARE_FLAG(std::string, trust_domain);
ABSL_DECLARE_FLAG(std::string, token_issuer);
ABSL_DECLARE_FLAG(std::string, token_keys_file);
ABSL_DECLARE_FLAG(std::string, page_token_keys_file);
ABSL_DECLARE_FLAG(bool, reflection);
ABSL_DECLARE_FLAG(int, read_workers);
ABSL_DECLARE_FLAG(int, list_workers);
ABSL_DECLARE_FLAG(int, write_workers);
ABSL_DECLARE_FLAG(int, bulk_workers);
ABSL_DECLARE_FLAG(absl::Duration, drain_delay);
ABSL_DECLARE_FLAG(absl::Duration, shutdown_grace);
ABSL_DECLARE_FLAG(absl::Duration, schema_wait);
ABSL_DECLARE_FLAG(std::string, log_level);
