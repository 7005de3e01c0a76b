#include "common/service/flags.h"

#include "absl/flags/flag.h"

ABSL_FLAG(std::string, mode, "serve",
          "What to do: serve; migrate (bring the schema up to date and exit); wait-schema (exit once the schema is new "
          "enough); new-epoch (after a restore: positions of the lost history are refused from now on).");
ABSL_FLAG(std::string, listen, "127.0.0.1:7411", "Address of the service, TLS.");
ABSL_FLAG(std::string, metrics_listen, "127.0.0.1:7421", "Address of /metrics, plain HTTP. Bind it inside.");
ABSL_FLAG(std::string, admin_listen, "127.0.0.1:7431",
          "Address of grpc.health.v1.Health without TLS, for probes. Bind it inside.");
ABSL_FLAG(std::string, cell, "global", "Name of the cell: one deployment, one cloud. Part of every token's audience.");
ABSL_FLAG(std::string, cloud_file, "deploy/clouds/global.json", "Policy of the cell's cloud.");
ABSL_FLAG(std::string, markets_file, "deploy/markets/markets.json", "Market data of all countries.");
ABSL_FLAG(std::string, database, "",
          "PostgreSQL, as a libpq connection string. A password stands in a file that passfile= names.");
ABSL_FLAG(std::string, tls_directory, "", "Directory with tls.crt, tls.key and ca.crt; read again when they change.");
ABSL_FLAG(std::string, trust_domain, "clientele.local", "Trust domain of the SPIFFE ids in client certificates.");
ABSL_FLAG(std::string, token_issuer, "https://issuer.clientele.local", "Issuer that bearer tokens must name.");
ABSL_FLAG(std::string, token_keys_file, "",
          "The issuer's public keys, a JWKS or one key in PEM; read again when it changes.");
ABSL_FLAG(std::string, page_token_keys_file, "",
          "Keys that sign page tokens: lines of a key id and 32 or more bytes in base64. The first signs.");
ABSL_FLAG(bool, reflection, true, "Serve the contract by gRPC reflection.");
ABSL_FLAG(int, read_workers, 2, "Database connections for reads of one resource.");
ABSL_FLAG(int, list_workers, 4, "Database connections for pages of lists.");
ABSL_FLAG(int, write_workers, 2, "Database connections for commands.");
ABSL_FLAG(int, bulk_workers, 2, "Database connections for batches and feeds.");
ABSL_FLAG(absl::Duration, drain_delay, absl::Seconds(5),
          "How long a stopping server still takes calls after it said NOT_SERVING.");
ABSL_FLAG(absl::Duration, shutdown_grace, absl::Seconds(15), "How long open calls may take once new ones are refused.");
ABSL_FLAG(absl::Duration, schema_wait, absl::Minutes(2), "How long wait-schema, and serve at its start, wait.");
ABSL_FLAG(std::string, log_level, "info", "Lowest level that is logged: debug, info, warning or error.");
