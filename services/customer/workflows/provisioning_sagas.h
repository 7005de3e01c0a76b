#pragma once

#include "common/saga/saga.h"
#include "services/customer/storage/provisioning_store.h"
#include "services/customer/workflows/relationship_client.h"

// How accounts come to stand: the relationship is asked for, then the rows that wait for it become ACTIVE or go. Both
// the same for one customer and for a list. `store` outlives the runner.
namespace clientele::customer {

saga::Definition CreateCustomerSaga(const ProvisioningStore& store, Establish establish);
saga::Definition ImportCustomersSaga(const ProvisioningStore& store, Establish establish);

}  // namespace clientele::customer
