#include "common/rpc/dispatcher.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clientele/type/v1/rule.pb.h"
#include "common/core/bug.h"
#include "common/core/error.h"
#include "common/core/id.h"
#include "common/rpc/async_service.h"
#include "common/rpc/authenticate.h"
#include "common/rpc/call_registry.h"
#include "common/rpc/consistency.h"
#include "common/rpc/formats.h"
#include "common/rpc/method_record.h"
#include "common/rpc/request_hash.h"
#include "common/rpc/rules.h"
#include "common/rpc/scope.h"
#include "common/rpc/trace_context.h"

namespace clientele::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// By `head_start` before `deadline`, or by half of what is left: time for an answer that says more than that it passed.
absl::Time WithHeadStart(absl::Time deadline, absl::Duration head_start) {
  return deadline - std::clamp((deadline - absl::Now()) / 2, absl::ZeroDuration(), head_start);
}

// The name of the resource is demanded and checked first, also where it stands in a resource that is written.
absl::Status CheckName(const MethodRecord& method, const std::string& name) {
  const FieldDescriptor* field = method.resource;
  if (field == nullptr || RuleOf(*field).format() != type::v1::FORMAT_RESOURCE_NAME) return absl::OkStatus();
  const std::optional<Fault> fault = name.empty() ? Fault{"REQUIRED", "is required"} : CheckText(name, RuleOf(*field));
  if (!fault.has_value()) return absl::OkStatus();
  return InvalidFields({{method.rule->resource(), fault->description, fault->reason, ""}});
}

}  // namespace

class Dispatcher::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(DispatcherOptions options, const Clock& clock, auth::TokenVerifier& tokens, pg::Executor& executor)
      : options_(std::move(options)),
        clock_(clock),
        tokens_(tokens),
        executor_(executor),
        methods_(options_.services) {}

  void Begin(const std::shared_ptr<OpenCall>& call) {
    const absl::Time deadline =
        std::min(absl::FromChrono(call->wire().context().deadline()), absl::Now() + call->record().limit);
    absl::Status known = Identify(*call, deadline);
    // Bytes of whom nobody knows are not even parsed.
    if (known.ok()) known = ReadRequest(*call);
    if (!call->Register(&registry_, deadline)) return call->Refuse(ShuttingDown());
    if (!known.ok()) return call->Refuse(known);
    // Read now: what comes later may come after the answer, when the wire's context is gone.
    absl::StatusOr<Consistency> seen = ParseConsistency(MetadataOf(call->wire().context(), kConsistencyMetadata));
    const type::v1::MethodRule& rule = *call->record().rule;
    const std::string resource = FieldAt(call->request(), rule.resource());
    const absl::Status named = CheckName(call->record(), resource);
    if (!named.ok()) return call->Refuse(named);
    switch (JudgeScope(call->call()->principal, rule, resource)) {
      case ScopeAnswer::kInside:
        return CheckTheRest(call, std::move(seen));
      case ScopeAnswer::kOutside:
        return call->Refuse(OutOfScope(resource));
      case ScopeAnswer::kForbidden:
        return call->Refuse(PermissionDenied(rule.permission()));
      case ScopeAnswer::kAskOrganisation:
        return AskOrganisation(call, resource, std::move(seen));
    }
  }

  const MethodTable& methods() const { return methods_; }
  CallRegistry& registry() { return registry_; }

 private:
  // This and ReadRequest fill the call in: from there on it does not change but for its consistency.
  absl::Status Identify(OpenCall& call, absl::Time deadline) {
    CallContext& context = call.call()->context;
    const MethodRecord& record = call.record();
    TraceContext trace = ContinueTrace(MetadataOf(call.wire().context(), kTraceparentMetadata));
    context.trace_id = std::move(trace.trace_id);
    context.traceparent = std::move(trace.traceparent);
    context.method = record.name;
    context.now = clock_.Now();
    context.deadline = WithHeadStart(deadline, record.head_start);
    absl::StatusOr<Caller> caller = Authenticate(call.wire().context(), options_.trust, tokens_, absl::Now());
    if (!caller.ok()) return caller.status();
    call.call()->principal = std::move(caller->principal);
    context.principal = std::move(caller->acting_principal);
    context.on_behalf_of = std::move(caller->on_behalf_of);
    context.origin_request_id = std::move(caller->origin_request_id);
    return absl::OkStatus();
  }

  static absl::Status ReadRequest(OpenCall& call) {
    const MethodRecord& record = call.record();
    grpc::ByteBuffer& bytes = call.wire().request();
    if (record.lane != pg::Lane::kBulk && bytes.Length() > kMaxRequest) return RequestTooLarge(bytes.Length());
    if (!call.Parse(bytes)) return InvalidMessage(record);
    CallContext& context = call.call()->context;
    const Message& request = call.request();
    const google::protobuf::Reflection& reflection = *request.GetReflection();
    context.validate_only = record.validate_only != nullptr && reflection.GetBool(request, record.validate_only);
    if (record.request_id == nullptr) return absl::OkStatus();
    context.request_hash = HashOf(request);
    const std::string id = reflection.GetString(request, record.request_id);
    // What is no UUID is refused with the other fields, and stands in no log until then.
    if (Uuid::Parse(id).has_value()) context.request_id = id;
    return absl::OkStatus();
  }

  void AskOrganisation(const std::shared_ptr<OpenCall>& call, const std::string& resource,
                       absl::StatusOr<Consistency> seen) {
    if (!options_.resolve_customer) return call->Refuse(OutOfScope(resource));
    auto judge = [self = shared_from_this(), call, resource,
                  seen = std::move(seen)](absl::StatusOr<std::string> organisation) {
      if (call->answered()) return;
      const bool none = organisation.status().code() == absl::StatusCode::kNotFound;
      if (!organisation.ok() && !none) return call->Refuse(organisation.status());
      if (none || !absl::EndsWith(resource, absl::StrCat("/", *organisation)))
        return call->Refuse(OutOfScope(resource));
      self->CheckTheRest(call, seen);
    };
    options_.resolve_customer(call->call()->principal, call->call()->context.deadline, std::move(judge));
  }

  // Permission, deadline, every other field, consistency.
  void CheckTheRest(const std::shared_ptr<OpenCall>& call, absl::StatusOr<Consistency> seen) {
    const absl::Status allowed = CheckPermission(call->call()->principal, call->record().rule->permission());
    if (!allowed.ok()) return call->Refuse(allowed);
    if (absl::Now() >= call->deadline()) return call->Refuse(DeadlineExceeded());
    const absl::Status fields = InvalidFields(CheckFields(call->request()));
    if (!fields.ok()) return call->Refuse(JoinInvalidFields(fields, call->Check()));
    if (!seen.ok()) return call->Refuse(seen.status());
    call->call()->context.consistency = *seen;
    seen->erase(options_.service);
    // Peers bring the facts themselves, guarded by their revisions: a copy that lags must not hold up a saga.
    const bool internal = call->record().rule->scope() == type::v1::SCOPE_SERVICE;
    if (internal || seen->empty() || !options_.wait_for) return Launch(call);
    options_.wait_for(*seen, WithHeadStart(call->deadline(), kHeadStart),
                      [self = shared_from_this(), call](absl::Status reached) {
                        if (call->answered()) return;
                        if (!reached.ok()) return call->Refuse(reached);
                        self->Launch(call);
                      });
  }

  void Launch(const std::shared_ptr<OpenCall>& call) {
    CompletionLoop& loop = call->loop();
    if (!loop.OnThread()) return Run(call);
    // All that came off the wire together reaches its lane together, and is read in one batch.
    loop.Later([self = shared_from_this(), call] { self->Run(call); });
  }

  void Run(const std::shared_ptr<OpenCall>& call) {
    if (call->answered()) return;
    if (!call->on_worker()) return call->Begin();
    pg::Job job;
    job.deadline = call->deadline();
    job.abandoned = call->call()->answered;
    job.run = [call](absl::StatusOr<pg::Session*> session) {
      if (!session.ok()) return call->Refuse(session.status());
      call->Work(**session);
    };
    const absl::Status queued = executor_.Submit(call->record().lane, std::move(job));
    if (!queued.ok()) call->Refuse(queued);
  }

  const DispatcherOptions options_;
  const Clock& clock_;
  auth::TokenVerifier& tokens_;
  pg::Executor& executor_;
  const MethodTable methods_;
  CallRegistry registry_;
};

Dispatcher::Dispatcher(DispatcherOptions options, const Clock& clock, auth::TokenVerifier& tokens,
                       pg::Executor& executor)
    : impl_(std::make_shared<Impl>(std::move(options), clock, tokens, executor)) {}

Dispatcher::~Dispatcher() = default;

const MethodRecord* Dispatcher::Method(const std::string& service, const std::string& method,
                                       const google::protobuf::Descriptor& request,
                                       const google::protobuf::Descriptor& response) const {
  const MethodRecord* record = impl_->methods().Find(absl::StrCat(service, "/", method));
  if (record != nullptr && record->method->input_type() == &request && record->method->output_type() == &response) {
    return record;
  }
  CLIENTELE_BUG("a method is served that DispatcherOptions.services does not name, or with another message");
  return nullptr;
}

void Dispatcher::Serve(WireCall& wire, const MethodRecord& method, std::shared_ptr<OpenCall> call) {
  method.started->Increment();
  call->Attach(wire, method);
  impl_->Begin(call);
}

bool Dispatcher::Drain(absl::Time deadline, const std::function<bool()>& hurry) {
  return impl_->registry().Drain(deadline, hurry);
}

int Dispatcher::OpenCalls() const { return impl_->registry().size(); }

}  // namespace clientele::rpc
