#include "common/events/feed_client.h"

#include <utility>

#include "absl/time/clock.h"
#include "clientele/event/v1/event_service.grpc.pb.h"
#include "common/core/call_context.h"
#include "common/rpc/channel.h"

namespace clientele::events {
namespace {

constexpr int kWaitSeconds = 1;
constexpr absl::Duration kFetchTimeout = absl::Seconds(5);

}  // namespace

FetchPage FetchFrom(const rpc::PeerChannel& to, std::vector<std::string> type_prefixes) {
  using event::v1::EventService;
  return [peer = rpc::Peer<EventService>(to), prefixes = std::move(type_prefixes)](
             const std::string& position, int page_size, bool wait,
             std::function<void(absl::StatusOr<event::v1::ListEventsResponse>)> done) {
    event::v1::ListEventsRequest request;
    request.set_parent("partners/-");
    request.set_after_position(position);
    for (const std::string& prefix : prefixes) request.add_type_prefixes(prefix);
    request.set_page_size(page_size);
    if (wait) request.set_wait_seconds(kWaitSeconds);
    peer.Call(&EventService::StubInterface::PrepareAsyncListEvents, CallContext(), absl::Now() + kFetchTimeout, request,
              [done = std::move(done)](absl::StatusOr<event::v1::ListEventsResponse> page, const Consistency&) {
                done(std::move(page));
              });
  };
}

}  // namespace clientele::events
