#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/events/projection.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace clientele::events {

// Fetches pages of another service's feed by its EventService: all partners' events whose types begin with one of
// `type_prefixes`. A long poll of a second. Keep the channel elsewhere too: it must not die on a callback thread.
FetchPage FetchFrom(std::shared_ptr<grpc::Channel> channel, std::vector<std::string> type_prefixes);

}  // namespace clientele::events
