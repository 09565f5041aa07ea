// Holds us to adapters/folder/folder.h: what a folder hand-over promises to the systems on the other side.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <fstream>

#include "adapters/folder/descriptor.h"
#include "adapters/folder/folder.h"

namespace varde::adapters {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Folder : public testing::Test {
 protected:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "varde-folder-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    options_.root = root_ / "messages";
    options_.settle = 50ms;
    options_.patience = 1h;
    options_.clock = [this] { return clock_; };
    options_.on_refused = [this](const Refusal& refusal) {
      refusals_.push_back(refusal.source + ": " + refusal.reason);
    };
  }
  ~Folder() override { fs::remove_all(root_); }

  void put(const std::string& name, const std::string& text) { std::ofstream(inbound() / name) << text; }
  std::vector<std::string> poll(FolderReceiver& receiver, bool accepts = true) {
    std::vector<std::string> taken;
    receiver.poll([&](const Incoming& incoming) {
      if (accepts) taken.push_back(incoming.source + "=" + incoming.bytes);
      return accepts;
    });
    return taken;
  }
  /// Both what the file's own time says and what the receiver has seen: it has stood still.
  std::vector<std::string> poll_settled(FolderReceiver& receiver) {
    auto taken = poll(receiver);
    clock_ += options_.settle;
    for (auto& each : poll(receiver)) taken.push_back(each);
    return taken;
  }
  /// As if written that long ago; negative: by a clock that runs ahead.
  void age(const std::string& name, std::chrono::seconds ago) {
    fs::last_write_time(inbound() / name, fs::file_time_type::clock::now() - ago);
  }
  std::vector<std::string> names(const char* folder) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(options_.root / folder)) found.push_back(entry.path().filename());
    return found;
  }
  fs::path inbound() const { return options_.root / "inbound"; }

  fs::path root_;
  FolderOptions options_;
  std::vector<std::string> refusals_;
  std::chrono::steady_clock::time_point clock_{std::chrono::hours{1}};
};

TEST_F(Folder, hands_over_a_file_that_stands_still_and_moves_it_to_the_archive_readable_by_its_owner_only) {
  FolderReceiver receiver(options_);
  put("innlagt.XML", "<a/>");
  EXPECT_THAT(poll_settled(receiver), ElementsAre("innlagt.XML=<a/>"));
  EXPECT_THAT(names("inbound"), IsEmpty());
  const auto archived = names("archive");
  ASSERT_EQ(archived.size(), 1u);
  EXPECT_THAT(archived[0], HasSubstr("-innlagt.XML"));
  const auto mode = fs::status(options_.root / "archive" / archived[0]).permissions();
  EXPECT_EQ(mode, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(options_.root).permissions(), fs::perms::owner_all);
}

TEST_F(Folder, leaves_a_file_alone_while_somebody_still_has_it_open_for_writing) {
  FolderReceiver receiver(options_);
  std::ofstream writer(inbound() / "half.xml");
  writer << "<half/>" << std::flush;
  clock_ += options_.settle * 3;
  EXPECT_THAT(poll_settled(receiver), IsEmpty());
  writer.close();
  EXPECT_THAT(poll_settled(receiver), ElementsAre("half.xml=<half/>"));
}

TEST_F(Folder, leaves_a_file_alone_while_somebody_has_locked_it) {
  FolderReceiver receiver(options_);
  put("a.xml", "<a/>");
  {
    const Descriptor writer(::open((inbound() / "a.xml").c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::flock(writer.get(), LOCK_EX), 0);
    EXPECT_THAT(poll_settled(receiver), IsEmpty());
  }
  EXPECT_THAT(poll_settled(receiver), ElementsAre("a.xml=<a/>"));
}

TEST_F(Folder, takes_a_file_renamed_into_the_folder_at_once) {
  FolderReceiver receiver(options_);
  put(".a", "<a/>"), age(".a", 60s);
  fs::rename(inbound() / ".a", inbound() / "a.xml");
  EXPECT_THAT(poll(receiver), ElementsAre("a.xml=<a/>"));
}

TEST_F(Folder, takes_a_file_once_it_has_stood_still_and_not_a_moment_before) {
  FolderReceiver receiver(options_);
  put("a.xml", "<a/>"), age("a.xml", -3600s);
  EXPECT_THAT(poll(receiver), IsEmpty());
  clock_ += options_.settle - 1ms;
  EXPECT_THAT(poll(receiver), IsEmpty());
  put("a.xml", "<ab/>"), age("a.xml", -3600s);  // another size
  clock_ += 1ms;
  EXPECT_THAT(poll(receiver), IsEmpty());
  clock_ += options_.settle - 1ms;
  EXPECT_THAT(poll(receiver), IsEmpty());
  put("a.xml", "<cd/>"), age("a.xml", -3601s);  // the same size at another time
  clock_ += 1ms;
  EXPECT_THAT(poll(receiver), IsEmpty());
  clock_ += options_.settle;
  EXPECT_THAT(poll(receiver), ElementsAre("a.xml=<cd/>"));
}

TEST_F(Folder, never_takes_a_slowly_appended_file_in_pieces) {
  FolderReceiver receiver(options_);
  std::string text;
  for (const char* piece : {"<?xml version=\"1.0\"?><!-- <a/> -->", "<MsgHead ", "xmlns=\"urn:x\"><MsgInfo>",
                            "</MsgInfo>", "<Document></Document>", "</MsgHea"}) {
    text += piece;
    put("a.xml", text), age("a.xml", 600s);
    EXPECT_THAT(poll_settled(receiver), IsEmpty()) << text;
  }
  put("a.xml", text + "d>\n<!-- sent -->\n"), age("a.xml", 600s);
  EXPECT_THAT(poll_settled(receiver), ElementsAre("a.xml=" + text + "d>\n<!-- sent -->\n"));
  EXPECT_THAT(refusals_, IsEmpty());
}

TEST_F(Folder, hands_over_what_never_gets_its_end_when_patience_is_over) {
  FolderReceiver receiver(options_);
  put("a.xml", "<half"), put("b.xml", "no xml"), put("c.xml", ""), age("a.xml", 60s), age("b.xml", 60s),
      age("c.xml", 60s);
  EXPECT_THAT(poll_settled(receiver), IsEmpty());
  clock_ += options_.patience - options_.settle - 1ms;
  EXPECT_THAT(poll(receiver), IsEmpty());
  clock_ += 1ms;
  EXPECT_THAT(poll(receiver), testing::UnorderedElementsAre("a.xml=<half", "b.xml=no xml", "c.xml="));
}

TEST_F(Folder, knows_the_end_of_utf_16_too) {
  FolderReceiver receiver(options_);
  put("a.xml", std::string("\xFF\xFE<\0a\0>\0", 8)), age("a.xml", 60s);
  EXPECT_THAT(poll(receiver), IsEmpty());
  put("a.xml", std::string("\xFF\xFE<\0a\0>\0<\0/\0a\0>\0", 16)), age("a.xml", 60s);
  EXPECT_EQ(poll(receiver).size(), 1u);
}

TEST_F(Folder, never_touches_hidden_names_and_other_endings) {
  FolderReceiver receiver(options_);
  put(".a.xml", "<a/>"), put("a.xml.tmp", "<a/>"), put("README", "x");
  EXPECT_THAT(poll_settled(receiver), IsEmpty());
  EXPECT_EQ(names("inbound").size(), 3u);
}

TEST_F(Folder, hands_over_in_the_order_of_arrival) {
  FolderReceiver receiver(options_);
  put("b.xml", "<b/>"), put("a.xml", "<a/>"), put("c.xml", "<c/>");
  age("b.xml", 30s), age("a.xml", 20s), age("c.xml", 10s);
  EXPECT_THAT(poll(receiver), ElementsAre("b.xml=<b/>", "a.xml=<a/>", "c.xml=<c/>"));
}

TEST_F(Folder, keeps_every_file_while_the_gateway_is_busy) {
  FolderReceiver receiver(options_);
  put("a.xml", "<a/>"), put("b.xml", "<b/>"), age("a.xml", 60s), age("b.xml", 60s);
  EXPECT_THAT(poll(receiver, false), IsEmpty());
  EXPECT_EQ(names("inbound").size(), 2u);
  EXPECT_EQ(poll(receiver).size(), 2u);
}

TEST_F(Folder, refuses_what_is_too_large_and_what_is_no_file_and_says_so) {
  options_.largest = 10;
  FolderReceiver receiver(options_);
  put("large.xml", "<eleven+++/>");
  fs::create_symlink("/etc/hostname", inbound() / "link.xml");
  ASSERT_EQ(::mkfifo((inbound() / "pipe.xml").c_str(), 0600), 0);
  EXPECT_THAT(poll_settled(receiver), IsEmpty());
  EXPECT_THAT(names("inbound"), IsEmpty());
  EXPECT_EQ(names("refused").size(), 3u);
  EXPECT_THAT(refusals_, testing::UnorderedElementsAre(HasSubstr("large.xml: has 12 bytes; the limit is 10"),
                                                       HasSubstr("link.xml: is a symbolic link"),
                                                       HasSubstr("pipe.xml: is not a regular file")));
}

TEST_F(Folder, writes_a_message_whole_under_its_id_and_a_repeated_send_replaces_it) {
  FolderSender sender(options_);
  ASSERT_TRUE(sender.send({"<one/>", "0b5e1d8a-3c4f-4c7e-9a54-6f1f0d3c2b1a", "5078", "APPREC"}));
  ASSERT_TRUE(sender.send({"<two/>", "0b5e1d8a-3c4f-4c7e-9a54-6f1f0d3c2b1a", "5078", "APPREC"}));
  EXPECT_THAT(names("outbound"), ElementsAre("0b5e1d8a-3c4f-4c7e-9a54-6f1f0d3c2b1a.xml"));
  EXPECT_EQ(read(options_.root / "outbound" / "0b5e1d8a-3c4f-4c7e-9a54-6f1f0d3c2b1a.xml"), "<two/>");
}

TEST_F(Folder, makes_folders_that_only_their_owner_enters) {
  FolderSender sender(options_);
  FolderReceiver receiver(options_);
  for (const auto& folder :
       {options_.root, options_.root / "outbound", inbound(), options_.root / "archive", options_.root / "refused"})
    EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all) << folder;
}

TEST_F(Folder, refuses_an_id_that_would_leave_the_outbound_folder) {
  FolderSender sender(options_);
  for (const char* id : {"", "../a", "a/b", ".hidden", "a\nb"}) {
    const auto sent = sender.send({"<a/>", id, "5078", "APPREC"});
    ASSERT_FALSE(sent) << id;
    EXPECT_EQ(sent.error().fault, Fault::parameter_malformed);
  }
  EXPECT_THAT(names("outbound"), IsEmpty());
}

TEST_F(Folder, says_busy_when_the_outbound_folder_cannot_take_the_message_now) {
  FolderSender sender(options_);
  fs::remove_all(options_.root / "outbound");
  const auto sent = sender.send({"<a/>", "a", "5078", "APPREC"});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().fault, Fault::busy);
}

}  // namespace
}  // namespace varde::adapters
