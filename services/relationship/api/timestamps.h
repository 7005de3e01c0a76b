#pragma once

#include <google/protobuf/timestamp.pb.h>

#include "absl/time/time.h"

namespace clientele::relationship {

google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

}  // namespace clientele::relationship
