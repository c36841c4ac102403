#include "shell/record/recording_writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "server/record/recording.h"
#include "shell/record/mapped_file.h"

namespace muster::testing {
namespace shell_recording_writer_test {

using record::Ending;

class RecordingWriterTest : public ::testing::Test {
 protected:
  RecordingWriterTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-recording-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    path = folder_ / "recording";
    head.settings.domains = {"example.com"};
  }
  ~RecordingWriterTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<RecordingWriter> create() {
    auto writer = RecordingWriter::create(path, head);
    EXPECT_TRUE(writer);
    return std::move(*writer);
  }
  static std::string block(std::uint64_t number, std::size_t bytes = 5) {
    std::string one(record::kBlockHeaderBytes + bytes, '\0');
    record::seal_block(one, record::BlockKind::steps, ShardId(0), number);
    return one;
  }
  // How it ended, after how many blocks of steps.
  std::pair<std::optional<Ending>, std::size_t> read() const {
    const auto file = MappedFile::open(path);
    EXPECT_TRUE(file);
    std::string_view bytes = file->bytes();
    EXPECT_TRUE(record::take_block(bytes));
    std::size_t blocks = 0;
    while (const auto one = record::take_block(bytes)) {
      if (const auto end = record::read_end(*one)) return {end->ending, blocks};
      ++blocks;
    }
    return {std::nullopt, blocks};
  }

  std::string path;
  record::Head head{"a test", 1, {}};

 private:
  std::filesystem::path folder_;
};

TEST_F(RecordingWriterTest, WritesWhatItTookAndThatItEndedInOrder) {
  auto writer = create();
  EXPECT_TRUE(writer->take(block(0)));
  EXPECT_TRUE(writer->take(block(1)));
  writer.reset();
  EXPECT_EQ(read(), std::make_pair(std::optional(Ending::in_order), std::size_t{2}));
}

TEST_F(RecordingWriterTest, IsForItsOwnerAndNeverWrittenOver) {
  create().reset();
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto again = RecordingWriter::create(path, head);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(),
            "cannot record to " + path + ": it is there already, and is not written over");
}

TEST_F(RecordingWriterTest, ADiskThatIsTooSlowEndsIt) {
  auto writer = create();
  EXPECT_TRUE(writer->take(block(0, 1)));
  // More than may wait, even if nothing does.
  EXPECT_FALSE(writer->take(std::string(RecordingWriter::kWaitingBytesMax + 1, 'x')));
  EXPECT_FALSE(writer->take(block(1)));
  writer.reset();
  EXPECT_EQ(read(), std::make_pair(std::optional(Ending::disk_slow), std::size_t{1}));
}

TEST_F(RecordingWriterTest, WhoRecordsMayGiveUp) {
  auto writer = create();
  EXPECT_TRUE(writer->take(block(0)));
  writer->give_up(Ending::too_large);
  EXPECT_FALSE(writer->take(block(1)));
  writer.reset();
  EXPECT_EQ(read(), std::make_pair(std::optional(Ending::too_large), std::size_t{1}));
}

TEST_F(RecordingWriterTest, AFolderThatIsNotThereIsSaid) {
  const auto writer = RecordingWriter::create(path + "/x", head);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error(), "cannot record to " + path + "/x: No such file or directory");
}

TEST(MappedFileTest, SaysWhatIsNoFile) {
  EXPECT_EQ(MappedFile::open("/nowhere/at/all").error(), "No such file or directory");
  EXPECT_EQ(MappedFile::open("/dev/null").error(), "this is no file");
}

}  // namespace shell_recording_writer_test
}  // namespace muster::testing
