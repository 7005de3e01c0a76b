#pragma once

#include "clientele/relationship/v1/partner_service.pb.h"
#include "common/market/cloud.h"
#include "common/market/market.h"
#include "common/rpc/call.h"
#include "common/rpc/page_token.h"
#include "services/relationship/storage/partner_store.h"

// The RPCs of PartnerService. What a handler is made from outlives its calls.
namespace clientele::relationship {

rpc::Handler<v1::CreatePartnerRequest, v1::Partner> CreatePartnerHandler(const PartnerStore& partners,
                                                                         const market::Markets& markets,
                                                                         const market::Cloud& cloud);
rpc::Handler<v1::GetPartnerRequest, v1::Partner> GetPartnerHandler(PartnerReads& reads);
rpc::Handler<v1::ListPartnersRequest, v1::ListPartnersResponse> ListPartnersHandler(const rpc::PageTokens& tokens);
rpc::Handler<v1::UpdatePartnerRequest, v1::Partner> UpdatePartnerHandler(const PartnerStore& partners,
                                                                         const market::Cloud& cloud);

}  // namespace clientele::relationship
