#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clientele/relationship/v1/customer_relationship.pb.h"
#include "clientele/relationship/v1/relationship_service.pb.h"
#include "clientele/relationship/v1/termination_hold_service.pb.h"
#include "common/core/error.h"
#include "common/market/cloud.h"
#include "services/relationship/domain/customer_relationship.h"
#include "services/relationship/domain/establishment.h"
#include "services/relationship/domain/termination_hold.h"

namespace clientele::relationship {

v1::CustomerRelationship ToProto(const CustomerRelationship& relationship);
v1::TerminationHold ToProto(const TerminationHold& hold);
// Into an empty message.
void Put(const CustomerRelationship& relationship, v1::CustomerRelationship& proto);
void Put(const TerminationHold& hold, v1::TerminationHold& proto);

// INVALID_FIELD with every row whose pair stands in the request before.
absl::StatusOr<std::vector<Establishment>> EstablishmentsOf(
    const google::protobuf::RepeatedPtrField<v1::CustomerRelationshipRequest>& requests, const market::Cloud& cloud);

}  // namespace clientele::relationship
