#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/time/time.h"

namespace clientele {

// A place in one service's feed: everything at or before it has been seen, or must have been seen.
struct FeedPosition {
  std::string epoch;  // UUID of the database's history; another epoch cannot be compared
  uint64_t txid = 0;  // xid8 of the writing transaction
  uint64_t sequence = 0;

  friend bool operator<(const FeedPosition& a, const FeedPosition& b) {
    return a.txid != b.txid ? a.txid < b.txid : a.sequence < b.sequence;
  }
  friend bool operator==(const FeedPosition& a, const FeedPosition& b) {
    return a.epoch == b.epoch && a.txid == b.txid && a.sequence == b.sequence;
  }
};

// What a caller has seen: service → position in its feed.
using Consistency = std::map<std::string, FeedPosition>;

// Who asks, under which key, until when: what every command needs beside its own arguments. It names no transport, so
// that storage and workflows can use it. A call owns it; it outlives the work done for the call.
struct CallContext {
  std::string principal;     // such as user:anna@partners/…
  std::string on_behalf_of;  // for whom an application or service acts; may be empty
  std::string method;        // package.Service/Method
  std::string request_id;    // empty where the caller sent none
  // The request that a saga's step, or a call that such a step makes, is a part of; empty elsewhere.
  std::string origin_request_id;
  std::string request_hash;  // SHA-256 of the request, 32 bytes
  std::string trace_id;      // W3C, 32 hexadecimal digits
  std::string traceparent;   // to pass on to other services
  absl::Time now;            // domain time of the call
  absl::Time deadline;       // real time
  bool validate_only = false;
  // Where this service's own feed stands after what the call wrote; merged with what other services answered.
  Consistency consistency;

  // What events and audit tell: the id that the caller knows.
  const std::string& told_request_id() const { return origin_request_id.empty() ? request_id : origin_request_id; }
};

}  // namespace clientele
