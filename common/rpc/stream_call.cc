#include "common/rpc/stream_call.h"

#include "common/rpc/message_bytes.h"

namespace clientele::rpc {

void StreamCall::Begun(bool ok) {
  // The server was shut down before a call came; then gRPC tells of no end.
  if (!ok) return delete this;
  under_way_ = 1;  // its end
  method_.Await();
  handler_ = method_.Begin(*this);
  if (handler_ == nullptr) return Finish({grpc::StatusCode::UNIMPLEMENTED, ""});
  Read();
}

void StreamCall::Read() {
  if (loop_.closed()) return;
  ++under_way_;
  stream_.Read(&message_, Tag(&read_));
}

void StreamCall::WasRead(bool ok) {
  if (ok) {
    handler_->Received(*this, message_);
    to_read_ = true;
    WriteNext();
  } else {
    handler_->ReceivedAll(*this);
  }
  Leave();
}

void StreamCall::Write(const google::protobuf::Message& message) {
  if (over_ || finishing_) return;
  to_write_.push_back(BytesOf(message));
  WriteNext();
}

void StreamCall::Finish(const grpc::Status& status) {
  if (finishing_) return;
  finishing_ = true;
  status_ = status;
  WriteNext();
}

void StreamCall::WriteNext() {
  if (writing_ || end_sent_ || loop_.closed()) return;
  if (over_) to_write_.clear();
  if (!to_write_.empty()) {
    writing_ = true;
    ++under_way_;
    stream_.Write(to_write_.front(), Tag(&written_));
  } else if (finishing_) {
    end_sent_ = true;
    ++under_way_;
    stream_.Finish(status_, Tag(&finished_));
  } else if (to_read_ && !over_) {
    to_read_ = false;
    Read();
  }
}

void StreamCall::Written(bool ok) {
  writing_ = false;
  to_write_.pop_front();
  over_ = over_ || !ok;
  WriteNext();
  Leave();
}

void StreamCall::Finished(bool) { Leave(); }

void StreamCall::Ended(bool) {
  over_ = true;
  Leave();
}

void StreamCall::Leave() {
  if (--under_way_ == 0) delete this;
}

}  // namespace clientele::rpc
