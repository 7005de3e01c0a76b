#include "services/invitation/workflows/linked_customer.h"

#include <future>

#include "common/auth/principal.h"
#include "services/invitation/storage/store_fixture_test.h"

namespace clientele::invitation {
namespace {

using Response = customer::v1::ResolveOrganizationResponse;

// CreateInvitation from the handler on, with customer-service in this process.
class LinkedCustomerTest : public StoreTest {
 protected:
  LinkedCustomerTest() : executor_({options_}) {
    peers_.resolve_organization = [this](const CallContext&, absl::Time,
                                         const customer::v1::ResolveOrganizationRequest& request,
                                         const std::function<void(absl::StatusOr<Response>, Consistency)>& done) {
      asked_.push_back(request);
      done(answer_, {{"customer", {"epoch", 7, 1}}});
    };
  }
  ~LinkedCustomerTest() override { executor_.Stop(); }

  static v1::CreateInvitationRequest RequestFor(const std::string& domain) {
    v1::CreateInvitationRequest request;
    request.set_parent(PartnerName(kPartnerId));
    request.mutable_invitation()->set_kind(v1::INVITATION_KIND_RESELLER);
    request.mutable_invitation()->mutable_target()->set_domain(domain);
    return request;
  }

  absl::StatusOr<v1::Invitation> CreateBy(const v1::CreateInvitationRequest& request, CallContext context) {
    const FindLinkedCustomer find_linked = FindLinkedCustomerThrough(peers_);
    const auto handler = rpc::Async(&CreateInvitation, store_, TestCloud(), executor_, find_linked);
    call_ = std::make_shared<rpc::Call>();
    call_->context = std::move(context);
    call_->principal.kind = auth::PrincipalKind::kPartnerUser;
    std::promise<absl::StatusOr<v1::Invitation>> answered;
    handler.begin(call_, std::make_shared<v1::CreateInvitationRequest>(request),
                  [&](absl::StatusOr<v1::Invitation> answer) { answered.set_value(std::move(answer)); });
    return answered.get_future().get();
  }

  static Response Account(bool active) {
    Response response;
    response.set_customer(kTenantId);
    response.set_account_active(active);
    return response;
  }

  pg::Executor executor_;
  Peers peers_;
  absl::StatusOr<Response> answer_ = MakeError(absl::StatusCode::kNotFound, "ORGANIZATION_NOT_FOUND", "none");
  std::vector<customer::v1::ResolveOrganizationRequest> asked_;
  std::shared_ptr<rpc::Call> call_;
};

TEST_F(LinkedCustomerTest, WhoIsNobodysCustomerCanBeInvited) {
  const auto made = CreateBy(RequestFor("Fabrikam.example"), Call());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->state(), v1::INVITATION_STATE_DRAFT);
  EXPECT_EQ(made->target().domain(), "fabrikam.example");
  EXPECT_EQ(made->accept_uri(), "");
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(asked_[0].partner(), PartnerName(kPartnerId));
  EXPECT_EQ(asked_[0].domains(0), "fabrikam.example");
  EXPECT_FALSE(asked_[0].reserve());
  EXPECT_EQ(call_->context.consistency.count("customer"), 1u);
  EXPECT_EQ(call_->context.consistency.count("invitation"), 1u);
  answer_ = Account(false);
  EXPECT_TRUE(CreateBy(RequestFor("other.example"), Call()).ok()) << "another partner's customer";
}

TEST_F(LinkedCustomerTest, AnOwnCustomerIsNotInvitedAgain) {
  answer_ = Account(true);
  const absl::Status refusal = CreateBy(RequestFor("fabrikam.example"), Call()).status();
  EXPECT_EQ(ReasonOf(refusal), "CUSTOMER_ALREADY_LINKED");
  EXPECT_EQ(MetadataOf(refusal).at("customer"), absl::StrCat(PartnerName(kPartnerId), "/customers/", kTenantId));
}

TEST_F(LinkedCustomerTest, ARepeatIsAnsweredWhateverBecameOfTheTarget) {
  const CallContext request = Call();
  const auto first = CreateBy(RequestFor("fabrikam.example"), request);
  ASSERT_TRUE(first.ok());
  answer_ = Account(true);
  const auto again = CreateBy(RequestFor("fabrikam.example"), request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->name(), first->name());
  answer_ = MakeError(absl::StatusCode::kUnavailable, "SERVICE_UNAVAILABLE", "away");
  EXPECT_TRUE(CreateBy(RequestFor("fabrikam.example"), request).ok());
  EXPECT_EQ(ReasonOf(CreateBy(RequestFor("fabrikam.example"), Call()).status()), "SERVICE_UNAVAILABLE");
}

TEST_F(LinkedCustomerTest, NobodyAsksWhoseAnAddressIs) {
  v1::CreateInvitationRequest request = RequestFor("x.example");
  request.mutable_invitation()->mutable_target()->set_email("anna@fabrikam.example");
  EXPECT_TRUE(CreateBy(request, Call()).ok());
  EXPECT_TRUE(asked_.empty());
}

TEST_F(LinkedCustomerTest, ATrialRunMakesNothingAndNamesNothing) {
  CallContext call = Call();
  call.validate_only = true;
  const auto trial = CreateBy(RequestFor("fabrikam.example"), call);
  ASSERT_TRUE(trial.ok()) << trial.status();
  EXPECT_EQ(trial->name(), "");
  EXPECT_EQ(trial->lifetime_days(), 30);
  EXPECT_EQ(ReasonOf(CreateBy(RequestFor("gmail.com"), call).status()), "INVALID_FIELD");
}

}  // namespace
}  // namespace clientele::invitation
