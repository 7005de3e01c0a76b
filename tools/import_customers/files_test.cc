#include "tools/import_customers/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace clientele::import_customers {
namespace {

class FilesTest : public ::testing::Test {
 protected:
  FilesTest() : folder_(::testing::TempDir() + "files_" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~FilesTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  const std::string folder_;
};

TEST_F(FilesTest, AFileIsReplacedAsAWhole) {
  ASSERT_TRUE(WriteTextFile(Path("list.tmp"), "somebody's").ok());
  ASSERT_TRUE(WriteTextFile(Path("list"), "one").ok());
  ASSERT_TRUE(WriteTextFile(Path("list"), "two").ok());
  EXPECT_EQ(*ReadTextFile(Path("list")), "two");
  EXPECT_EQ(*ReadTextFile(Path("list.tmp")), "somebody's");
  EXPECT_FALSE(WriteTextFile(Path("no/list"), "").ok());
}

TEST_F(FilesTest, ATokenIsOneLineOfAscii) {
  ASSERT_TRUE(WriteTextFile(Path("token"), " abc.DEF-_~\r\n").ok());
  EXPECT_EQ(*ReadTokenFile(Path("token")), "abc.DEF-_~");
  for (const char* text : {"", "\n", "a\nb", "a b", "a\xc3\xa9", "a\x01"}) {
    ASSERT_TRUE(WriteTextFile(Path("token"), text).ok());
    EXPECT_EQ(ReadTokenFile(Path("token")).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST_F(FilesTest, AFileIsTheSameByEveryPath) {
  ASSERT_TRUE(WriteTextFile(Path("list"), "").ok());
  std::filesystem::create_symlink("list", Path("link"));
  std::filesystem::create_hard_link(Path("list"), Path("hard"));
  std::filesystem::create_directory_symlink(".", Path("here"));
  for (const char* name : {"list", "./list", "link", "hard", "here/list", "here/here/link"}) {
    EXPECT_TRUE(SameFile(Path("list"), Path(name))) << name;
  }
  EXPECT_TRUE(SameFile(Path("new"), Path("here/./new")));
  EXPECT_FALSE(SameFile(Path("new"), Path("newer")));
  EXPECT_FALSE(SameFile(Path("list"), Path("new")));
  EXPECT_TRUE(SameFile("no-such-file", "./no-such-file"));
}

}  // namespace
}  // namespace clientele::import_customers
