// A damaged write-ahead log is told at the start, never cut without a word. https://www.sqlite.org/walformat.html
#include "server/storage/sqlite/log_file.h"

#include <gmock/gmock.h>

#include <fstream>

#include "server/storage/sql.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

namespace fs = std::filesystem;
using sqlite::LogState;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LogFile : public Store {
 protected:
  /// The files as they would be after a power cut now.
  void cut_power() {
    fs::create_directories(cut);
    for (const char* name : {"varde.db", "varde.db-wal"})
      fs::copy_file(fs::path(options().directory) / name, cut / name, fs::copy_options::overwrite_existing);
  }
  void change_byte(std::uintmax_t at) {
    std::fstream file(cut / "varde.db-wal", std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(file.get() ^ 0x40);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
  }
  std::uintmax_t size() const { return fs::file_size(cut / "varde.db-wal"); }
  LogState state() const { return sqlite::state_of_log(cut / "varde.db-wal"); }
  std::string start(bool accept_loss = false) {
    try {
      Options with = options();
      with.directory = cut.string(), with.accept_loss = accept_loss;
      with.log = [this](std::string_view line) { said += line; };
      Database second(with);
      return std::to_string(second.read([](const Snapshot& snapshot) {
        auto rows = snapshot.connection().query(std::string_view("SELECT count(*) FROM resource"));
        return rows.next() ? rows.integer(0) : -1;
      }));
    } catch (const EngineError& error) {
      EXPECT_EQ(error.trouble(), Trouble::damaged);
      return error.what();
    }
  }
  static constexpr std::uintmax_t kFrame = 24 + 4096;
  fs::path cut = fs::path(directory.path()) / "cut";
  std::string said;
};

TEST_F(LogFile, that_is_whole_is_taken_without_a_word) {
  for (int i = 0; i < 5; ++i) put("Basic", std::to_string(i));
  cut_power();
  EXPECT_EQ(state(), LogState::whole);
  EXPECT_EQ(start(), "5");
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(LogFile, that_is_damaged_before_its_end_stops_the_start) {
  for (int i = 0; i < 5; ++i) put("Basic", std::to_string(i));
  cut_power();
  for (const std::uintmax_t at : {32 + kFrame + 200, 32 + kFrame + 9, 32 + kFrame + 17, std::uintmax_t{3}}) {
    change_byte(at);
    EXPECT_EQ(state(), LogState::damaged) << at;
    EXPECT_THAT(start(), HasSubstr("damaged in the middle")) << at;
    change_byte(at);
  }
  EXPECT_EQ(start(), "5") << "nothing was changed by looking";
}

TEST_F(LogFile, that_is_damaged_is_cut_where_that_is_asked_for_and_kept_beside) {
  for (int i = 0; i < 5; ++i) put("Basic", std::to_string(i));
  cut_power();
  change_byte(32 + (size() - 32) / kFrame / 2 * kFrame + 100);
  ASSERT_EQ(state(), LogState::damaged);
  EXPECT_NE(start(true), "5");
  EXPECT_THAT(said, HasSubstr("is lost; a copy of the log is kept"));
  EXPECT_TRUE(fs::exists(cut / ("varde.db-wal." + std::to_string(clock.load()))));
}

TEST_F(LogFile, that_ends_in_a_torn_transaction_is_taken_up_to_it_told_and_kept) {
  for (int i = 0; i < 5; ++i) put("Basic", std::to_string(i));
  cut_power();
  change_byte(size() - 100);
  EXPECT_EQ(state(), LogState::torn);
  EXPECT_EQ(start(), "4");
  EXPECT_THAT(said, HasSubstr("not whole"));
  said.clear();
  EXPECT_EQ(start(), "4");
  EXPECT_THAT(said, IsEmpty()) << "told once is enough";
}

TEST_F(LogFile, that_was_never_finished_is_no_damage) {
  put("Basic", "a");
  cut_power();
  fs::resize_file(cut / "varde.db-wal", size() - 2000);
  EXPECT_EQ(state(), LogState::whole);
  fs::resize_file(cut / "varde.db-wal", 20);
  EXPECT_EQ(state(), LogState::whole);
}

}  // namespace
}  // namespace varde::storage::test
