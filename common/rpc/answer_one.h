#pragma once

#include <optional>
#include <utility>

#include "common/pg/point_reads.h"
#include "common/rpc/lane.h"

namespace clientele::rpc {

// Replies with what `show` makes of the value of `key`, or with why it could not be read. `show` takes a Value*, null
// where there is none, and may move from it; it answers an absl::StatusOr<Response>, and runs on a worker. Does not
// block; any thread.
template <class Key, class Value, class Response, class Show>
void AnswerOne(pg::PointReads<Key, std::optional<Value>>& reads, Key key, const Call& call,
               const Reply<Response>& reply, Show show) {
  const absl::Status full = reads.Read(std::move(key), JobFor(call),
                                       [reply, show = std::move(show)](absl::StatusOr<std::optional<Value>> found) {
                                         if (!found.ok()) return reply(found.status());
                                         reply(show(found->has_value() ? &**found : nullptr));
                                       });
  if (!full.ok()) reply(full);
}

}  // namespace clientele::rpc
