#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/core/call_context.h"
#include "common/core/revision.h"
#include "common/pg/session.h"
#include "services/customer/domain/import_source.h"

namespace clientele::customer {

// The portals whose lists are trusted. Thread-safe.
class ImportSourceStore {
 public:
  explicit ImportSourceStore(Encode<ImportSource> encode);

  // ALREADY_EXISTS/IMPORT_SOURCE_EXISTS, FAILED_PRECONDITION/PARTNER_UNKNOWN.
  absl::StatusOr<ImportSource> Create(pg::Session& session, CallContext& call, const ImportSource& source) const;
  absl::StatusOr<std::optional<ImportSource>> Find(pg::Session& session, const std::string& id) const;

 private:
  const Encode<ImportSource> encode_;
};

}  // namespace clientele::customer
