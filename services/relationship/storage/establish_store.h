#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/core/call_context.h"
#include "common/market/market.h"
#include "common/pg/session.h"
#include "services/relationship/domain/establishment.h"
#include "services/relationship/storage/relationship_store.h"

namespace clientele::relationship {

// What became of one pair.
struct Established {
  CustomerRelationship relationship;
  bool already_stood = false;
};

// Makes relationships stand, many in one statement. Thread-safe; the session is the worker's.
class EstablishStore {
 public:
  EstablishStore(Encode<CustomerRelationship> encode, const market::Markets& markets)
      : encode_(std::move(encode)), markets_(markets) {}

  // One outcome a pair, in their order; a pair stands in `wanted` at most once. What is lost to another writer is
  // looked at again. An error of the whole: nothing was answered, and a repeat with the same request_id goes on.
  absl::StatusOr<std::vector<absl::StatusOr<Established>>> Establish(pg::Session& session, CallContext& call,
                                                                     const std::vector<Establishment>& wanted) const;

 private:
  const Encode<CustomerRelationship> encode_;
  const market::Markets& markets_;
};

}  // namespace clientele::relationship
