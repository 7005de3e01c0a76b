#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/events/projection.h"

namespace clientele::rpc {
struct PeerChannel;
}  // namespace clientele::rpc

namespace clientele::events {

// Fetches pages of another service's feed by its EventService: all partners' events whose types begin with one of
// `type_prefixes`. A long poll of a second.
FetchPage FetchFrom(const rpc::PeerChannel& to, std::vector<std::string> type_prefixes);

}  // namespace clientele::events
