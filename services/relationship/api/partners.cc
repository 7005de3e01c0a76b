#include "services/relationship/api/partners.h"

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "common/core/error.h"
#include "common/core/id.h"
#include "common/market/address.h"
#include "common/rpc/answer_one.h"
#include "common/rpc/field_mask.h"
#include "common/rpc/list.h"
#include "services/relationship/api/partner_proto.h"
#include "services/relationship/domain/resource_name.h"

namespace clientele::relationship {
namespace {

const std::set<std::string>& UpdatableFields() {
  static const auto* const fields =
      new std::set<std::string>{"display_name", "mpn_id", "kinds", "agreement_state", "directory_tenant"};
  return *fields;
}

struct NewPartner {
  const market::Market* market;
  PartnerPatch fields;
};

absl::StatusOr<NewPartner> Checked(const v1::CreatePartnerRequest& request, const market::Markets& markets,
                                   const market::Cloud& cloud) {
  std::vector<FieldViolation> violations;
  std::string country = request.partner().country();
  const market::Market* const market = market::CheckCountry("partner.country", markets, &country, &violations);
  const std::vector<std::string> paths(UpdatableFields().begin(), UpdatableFields().end());
  PartnerPatch fields = PatchOf(request.partner(), paths, cloud, &violations);
  if (absl::Status invalid = InvalidFields(violations); !invalid.ok()) return invalid;
  return NewPartner{market, std::move(fields)};
}

absl::StatusOr<PartnerPatch> Checked(const v1::UpdatePartnerRequest& request, const market::Cloud& cloud) {
  const auto paths = rpc::ResolveMask(request.update_mask(), request.partner(), UpdatableFields());
  if (!paths.ok()) return paths.status();
  std::vector<FieldViolation> violations;
  PartnerPatch patch = PatchOf(request.partner(), *paths, cloud, &violations);
  if (absl::Status invalid = InvalidFields(violations); !invalid.ok()) return invalid;
  return patch;
}

}  // namespace

absl::Status CheckCreatePartner(const rpc::Call&, const v1::CreatePartnerRequest& request,
                                const market::Markets& markets, const market::Cloud& cloud) {
  return Checked(request, markets, cloud).status();
}

absl::StatusOr<v1::Partner> CreatePartner(pg::Session& session, rpc::Call& call,
                                          const v1::CreatePartnerRequest& request, const PartnerStore& partners,
                                          const market::Markets& markets, const market::Cloud& cloud) {
  const auto partner = Checked(request, markets, cloud);
  if (!partner.ok()) return partner.status();
  const std::string id = Uuid::NewV7(call.now()).ToString();
  const auto created =
      partners.Create(session, call.context, Register(id, *partner->market, partner->fields, call.now()));
  if (!created.ok()) return created.status();
  v1::Partner answer = ToProto(*created);
  // Nothing has the id that a trial run chose.
  if (call.context.validate_only) answer.clear_name();
  return answer;
}

void GetPartner(const std::shared_ptr<rpc::Call>& call, const std::shared_ptr<const v1::GetPartnerRequest>& request,
                const rpc::Reply<v1::Partner>& reply, PartnerReads& reads) {
  rpc::AnswerOne(reads, IdsOf(request->name()).partner, *call, reply,
                 [request](const Partner* partner) -> absl::StatusOr<v1::Partner> {
                   if (partner == nullptr) return NotFound("PARTNER", request->name());
                   return ToProto(*partner);
                 });
}

absl::Status CheckUpdatePartner(const rpc::Call&, const v1::UpdatePartnerRequest& request, const market::Cloud& cloud) {
  return Checked(request, cloud).status();
}

absl::StatusOr<v1::Partner> UpdatePartner(pg::Session& session, rpc::Call& call,
                                          const v1::UpdatePartnerRequest& request, const PartnerStore& partners,
                                          const market::Cloud& cloud) {
  const auto patch = Checked(request, cloud);
  if (!patch.ok()) return patch.status();
  const auto revise = [&](const Partner& current) { return Revise(current, *patch, call.now()); };
  const auto updated = partners.Change(session, call.context, IdsOf(request.partner().name()).partner,
                                       request.partner().etag(), *patch, revise);
  if (!updated.ok()) return updated.status();
  return ToProto(*updated);
}

absl::Status ListPartners(pg::Session& session, rpc::Call& call, const v1::ListPartnersRequest& request,
                          v1::ListPartnersResponse& response, const rpc::PageTokens& tokens) {
  const auto wanted = rpc::PageOf(call, request, PartnerListing(), tokens);
  if (!wanted.ok()) return wanted.status();
  const auto page = PartnerStore::List(session, *wanted);
  if (!page.ok()) return page.status();
  for (const Partner& partner : *page) Put(partner, *response.add_partners());
  response.set_next_page_token(tokens.Encode(request, page->next()));
  return absl::OkStatus();
}

}  // namespace clientele::relationship
