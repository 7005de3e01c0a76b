#include "common/rpc/field_mask.h"

#include <gmock/gmock.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "common/core/error.h"
#include "probe_service.pb.h"

namespace clientele::rpc {
namespace {

using google::protobuf::FieldMask;
using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::v1::Probe;

const std::set<std::string> kUpdatable = {"contact", "count", "labels", "title"};

FieldMask Mask(const std::vector<std::string>& paths) {
  FieldMask mask;
  for (const std::string& path : paths) mask.add_paths(path);
  return mask;
}

TEST(ResolveMask, ItsOwnPathsAllOrWhatIsSet) {
  Probe probe;
  probe.set_title("t");
  probe.mutable_contact()->set_email("a@b.de");
  probe.set_country("DE");
  EXPECT_THAT(*ResolveMask(Mask({"*"}), probe, kUpdatable), ElementsAre("contact", "count", "labels", "title"));
  EXPECT_THAT(*ResolveMask(Mask({}), probe, kUpdatable), ElementsAre("contact", "title"));
  EXPECT_THAT(*ResolveMask(Mask({}), Probe(), kUpdatable), IsEmpty());
  EXPECT_THAT(*ResolveMask(Mask({"title", "count", "title"}), probe, kUpdatable), ElementsAre("count", "title"));
  EXPECT_THAT(*ResolveMask(Mask({"contact.email", "contact.phone_number"}), probe, kUpdatable),
              ElementsAre("contact.email", "contact.phone_number"));
  EXPECT_THAT(*ResolveMask(Mask({"contact.email", "contact"}), probe, kUpdatable), ElementsAre("contact"));
}

TEST(ResolveMask, EveryBadPathIsAViolation) {
  const auto resolved = ResolveMask(
      Mask({"title", "name", "credential", "country", "color", "kind", "labels.a", "title.x", "", "*", "others.email"}),
      Probe(), kUpdatable);
  EXPECT_EQ(ReasonOf(resolved.status()), "INVALID_FIELD");
  const std::vector<FieldViolation> violations = FieldViolationsOf(resolved.status());
  ASSERT_THAT(violations, SizeIs(10));
  for (const FieldViolation& violation : violations) EXPECT_EQ(violation.field, "update_mask");
  EXPECT_THAT(violations[0].description, HasSubstr("set by the service"));
  EXPECT_THAT(violations[2].description, HasSubstr("never changed"));
  EXPECT_THAT(violations[3].description, HasSubstr("no field of Probe"));
  EXPECT_THAT(violations[4].description, HasSubstr("allowed: contact, count"));
  EXPECT_FALSE(ResolveMask(Mask(std::vector<std::string>(65, "title")), Probe(), kUpdatable).ok());
}

TEST(ApplyPaths, CopiesAndClears) {
  Probe from;
  from.set_title("new");
  from.mutable_contact()->set_email("new@b.de");
  (*from.mutable_labels())["a"] = "1";
  from.set_count(7);
  Probe to;
  to.set_title("old");
  to.mutable_contact()->set_email("old@b.de");
  to.mutable_contact()->set_phone_number("1");
  (*to.mutable_labels())["b"] = "2";
  to.add_domains("contoso.com");
  to.set_count(3);
  ApplyPaths({"title", "contact.email", "contact.phone_number", "labels", "domains"}, from, to);
  Probe expected;
  expected.set_title("new");
  expected.mutable_contact()->set_email("new@b.de");
  (*expected.mutable_labels())["a"] = "1";
  expected.set_count(3);
  EXPECT_TRUE(MessageDifferencer::Equals(to, expected)) << to.DebugString();
}

TEST(ApplyPaths, AnUnsetMessageIsClearedAndNotMade) {
  Probe to;
  ApplyPaths({"contact.email"}, Probe(), to);
  EXPECT_FALSE(to.has_contact());
  to.mutable_contact()->set_email("old@b.de");
  ApplyPaths({"contact.email"}, Probe(), to);
  EXPECT_TRUE(to.has_contact());
  EXPECT_EQ(to.contact().email(), "");
  ApplyPaths({"contact"}, Probe(), to);
  EXPECT_FALSE(to.has_contact());
}

}  // namespace
}  // namespace clientele::rpc
