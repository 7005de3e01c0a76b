#pragma once

#include "services/invitation/api/create_invitation.h"
#include "services/invitation/workflows/peers.h"

namespace clientele::invitation {

// Asks customer-service whether an organisation is the partner's customer already.
FindLinkedCustomer FindLinkedCustomerThrough(const Peers& peers);

}  // namespace clientele::invitation
