#pragma once

#include <memory>

#include "clientele/relationship/v1/partner_service.pb.h"
#include "common/market/cloud.h"
#include "common/market/market.h"
#include "common/rpc/call.h"
#include "common/rpc/page_token.h"
#include "services/relationship/storage/partner_store.h"

// The RPCs of PartnerService.
namespace clientele::relationship {

absl::Status CheckCreatePartner(const rpc::Call& call, const v1::CreatePartnerRequest& request,
                                const market::Markets& markets, const market::Cloud& cloud);
absl::StatusOr<v1::Partner> CreatePartner(pg::Session& session, rpc::Call& call,
                                          const v1::CreatePartnerRequest& request, const PartnerStore& partners,
                                          const market::Markets& markets, const market::Cloud& cloud);
void GetPartner(const std::shared_ptr<rpc::Call>& call, const std::shared_ptr<const v1::GetPartnerRequest>& request,
                const rpc::Reply<v1::Partner>& reply, PartnerReads& reads);
absl::Status ListPartners(pg::Session& session, rpc::Call& call, const v1::ListPartnersRequest& request,
                          v1::ListPartnersResponse& response, const rpc::PageTokens& tokens);
absl::Status CheckUpdatePartner(const rpc::Call& call, const v1::UpdatePartnerRequest& request,
                                const market::Cloud& cloud);
absl::StatusOr<v1::Partner> UpdatePartner(pg::Session& session, rpc::Call& call,
                                          const v1::UpdatePartnerRequest& request, const PartnerStore& partners,
                                          const market::Cloud& cloud);

}  // namespace clientele::relationship
