#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "clientele/customer/v1/account_service.grpc.pb.h"
#include "clientele/invitation/v1/invitation_service.grpc.pb.h"
#include "common/core/error.h"
#include "common/core/mutex.h"
#include "common/rpc/channel.h"

// customer-service and invitation-service as far as this service calls them, in this process.
namespace clientele::relationship {

inline grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message()), SerializeStatus(status)};
}

inline grpc::Status TakeFirst(std::vector<grpc::Status>& failures) {
  if (failures.empty()) return grpc::Status::OK;
  grpc::Status first = failures.front();
  failures.erase(failures.begin());
  return first;
}

class FakeAccounts final : public customer::v1::AccountService::Service {
 public:
  // What the next calls answer, one each; after the last the customer.
  void Fail(std::vector<grpc::Status> statuses) {
    MutexLock lock(&mutex_);
    failures_ = std::move(statuses);
  }
  void FailAlways(bool fail) {
    MutexLock lock(&mutex_);
    fail_always_ = fail;
  }
  void SetCustomer(const customer::v1::Customer& customer) {
    MutexLock lock(&mutex_);
    customer_ = customer;
  }
  std::vector<customer::v1::EndCustomerAccountRequest> ended() {
    MutexLock lock(&mutex_);
    return ended_;
  }
  std::vector<customer::v1::ResolveOrganizationRequest> resolved() {
    MutexLock lock(&mutex_);
    return resolved_;
  }

  grpc::Status EndCustomerAccount(grpc::ServerContext*, const customer::v1::EndCustomerAccountRequest* request,
                                  customer::v1::Customer* response) override {
    MutexLock lock(&mutex_);
    ended_.push_back(*request);
    *response = customer_;
    return Next();
  }

  grpc::Status ResolveOrganization(grpc::ServerContext*, const customer::v1::ResolveOrganizationRequest* request,
                                   customer::v1::ResolveOrganizationResponse* response) override {
    MutexLock lock(&mutex_);
    resolved_.push_back(*request);
    response->set_customer("customer of " + request->directory_tenant().tenant_id());
    return Next();
  }

 private:
  grpc::Status Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (fail_always_) return {grpc::StatusCode::UNAVAILABLE, "away"};
    return TakeFirst(failures_);
  }

  Mutex mutex_;
  bool fail_always_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<grpc::Status> failures_ ABSL_GUARDED_BY(mutex_);
  customer::v1::Customer customer_ ABSL_GUARDED_BY(mutex_);
  std::vector<customer::v1::EndCustomerAccountRequest> ended_ ABSL_GUARDED_BY(mutex_);
  std::vector<customer::v1::ResolveOrganizationRequest> resolved_ ABSL_GUARDED_BY(mutex_);
};

class FakeInvitations final : public invitation::v1::InvitationService::Service {
 public:
  // What the next calls answer, one each.
  void Fail(std::vector<grpc::Status> statuses) {
    MutexLock lock(&mutex_);
    failures_ = std::move(statuses);
  }
  std::vector<invitation::v1::CancelCustomerInvitationsRequest> cancelled() {
    MutexLock lock(&mutex_);
    return cancelled_;
  }

  grpc::Status CancelCustomerInvitations(grpc::ServerContext*,
                                         const invitation::v1::CancelCustomerInvitationsRequest* request,
                                         invitation::v1::CancelCustomerInvitationsResponse*) override {
    MutexLock lock(&mutex_);
    cancelled_.push_back(*request);
    return TakeFirst(failures_);
  }

 private:
  Mutex mutex_;
  std::vector<grpc::Status> failures_ ABSL_GUARDED_BY(mutex_);
  std::vector<invitation::v1::CancelCustomerInvitationsRequest> cancelled_ ABSL_GUARDED_BY(mutex_);
};

// Both, and the way to them.
class Peers {
 public:
  Peers() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&accounts);
    builder.RegisterService(&invitations);
    server_ = builder.BuildAndStart();
    loop_ = std::make_unique<rpc::CompletionLoop>(grpc::ServerBuilder().AddCompletionQueue());
    channel_ = server_->InProcessChannel({});
  }
  ~Peers() { server_->Shutdown(); }

  rpc::PeerChannel channel() const { return {channel_, loop_.get()}; }

  FakeAccounts accounts;
  FakeInvitations invitations;

 private:
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<rpc::CompletionLoop> loop_;
};

}  // namespace clientele::relationship
