// Inbox and outbox of the message gateway: HITS 1168:2016 (repetition, AppRec deadlines), HIS 80415:2012 (AppRec).
#include "server/storage/messages.h"

#include <gmock/gmock.h>

#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Inbox : public Store {
 protected:
  std::int64_t receive(std::string_view bytes, std::string_view sender = {}, std::string_view msg_id = {}) {
    std::int64_t id = 0;
    write([&](Transaction& transaction) { id = inbox::add(transaction, "folder", bytes); });
    if (!msg_id.empty())
      write([&](Transaction& transaction) { inbox::identify(transaction, id, sender, msg_id, "LOG_INNLAGT"); });
    return id;
  }
  template <class Reader>
  auto read(Reader&& reader) {
    return database->read(std::forward<Reader>(reader));
  }
};

std::vector<std::int64_t> ids(const auto& rows) {
  std::vector<std::int64_t> found;
  for (const auto& row : rows) found.push_back(row.id);
  return found;
}

TEST_F(Inbox, keeps_bytes_of_any_encoding_before_anything_is_read_from_them) {
  const std::string bytes("<?xml version='1.0' encoding='ISO-8859-1'?><P>\xE6\xF8\xE5\0</P>", 51);
  const auto id = receive(bytes);
  reopen();
  const auto row = read([&](const Snapshot& snapshot) { return inbox::get(snapshot, id); });
  ASSERT_TRUE(row);
  EXPECT_EQ(row->bytes, bytes);
  EXPECT_EQ(row->state, InboxState::received);
  EXPECT_EQ(row->source, "folder");
  EXPECT_EQ(row->received, at(clock));
  EXPECT_EQ(row->msg_id, "");
}

TEST_F(Inbox, knows_a_repeated_msg_id_of_the_same_sender_and_gives_the_first_answer_again) {
  const auto first = receive("one", "8141253", "m-1");
  write([&](Transaction& transaction) {
    inbox::finish(transaction, first, {InboxState::processed, "c-1", "<AppRec/>", "1", ""});
  });
  const auto second = receive("one again");
  write([&](Transaction& transaction) {
    const auto original = inbox::identify(transaction, second, "8141253", "m-1", "LOG_INNLAGT");
    ASSERT_TRUE(original);
    EXPECT_EQ(original->id, first);
    EXPECT_EQ(original->apprec, "<AppRec/>");
  });
  read([&](const Snapshot& snapshot) {
    const auto duplicate = inbox::get(snapshot, second);
    EXPECT_EQ(duplicate->state, InboxState::duplicate);
    EXPECT_EQ(duplicate->original, first);
    EXPECT_EQ(inbox::first(snapshot, "8141253", "m-1")->state, InboxState::processed);
    EXPECT_THAT(ids(inbox::by_msg_id(snapshot, "m-1")), ElementsAre(first, second));
    return 0;
  });
}

TEST_F(Inbox, takes_the_same_msg_id_from_another_sender_for_a_new_message) {
  receive("one", "8141253", "m-1");
  const auto other = receive("two", "90000", "m-1");
  EXPECT_EQ(read([&](const Snapshot& snapshot) { return inbox::get(snapshot, other); })->state, InboxState::received);
}

TEST_F(Inbox, never_takes_messages_without_msg_id_for_each_other) {
  const auto first = receive("x"), second = receive("y");
  write([&](Transaction& transaction) {
    EXPECT_FALSE(inbox::identify(transaction, first, "8141253", "", ""));
    EXPECT_FALSE(inbox::identify(transaction, second, "8141253", "", ""));
  });
}

TEST_F(Inbox, may_be_identified_twice_alike_after_a_crash_in_between) {
  const auto id = receive("one", "8141253", "m-1");
  write([&](Transaction& transaction) {
    EXPECT_FALSE(inbox::identify(transaction, id, "8141253", "m-1", "LOG_INNLAGT"));
  });
}

TEST_F(Inbox, lists_what_waits_oldest_first_and_the_log_newest_first) {
  const auto a = receive("a"), b = receive("b"), c = receive("c");
  write([&](Transaction& transaction) { inbox::finish(transaction, b, {InboxState::unreadable, "", "", "", "T01"}); });
  read([&](const Snapshot& snapshot) {
    EXPECT_THAT(ids(inbox::in_state(snapshot, InboxState::received, 10)), ElementsAre(a, c));
    EXPECT_THAT(ids(inbox::in_state(snapshot, InboxState::received, 10, a)), ElementsAre(c));
    EXPECT_THAT(ids(inbox::in_state(snapshot, InboxState::unreadable, 10)), ElementsAre(b));
    EXPECT_THAT(ids(inbox::log(snapshot, 2)), ElementsAre(c, b));
    EXPECT_THAT(ids(inbox::log(snapshot, 2, b)), ElementsAre(a));
    return 0;
  });
}

class Outbox : public Inbox {
 protected:
  std::int64_t queue(const std::string& msg_id, std::optional<Instant> next = {}) {
    std::int64_t id = 0;
    write([&](Transaction& transaction) {
      id = outbox::add(transaction, {.msg_id = msg_id,
                                     .type = "HELSEOPPLYSNINGER_LEGE",
                                     .receiver_her = "8141253",
                                     .in_reply_to = "m-0",
                                     .next_attempt = next,
                                     .bytes = "<MsgHead/>"});
    });
    return id;
  }
  OutboxRow get(std::int64_t id) {
    return read([&](const Snapshot& snapshot) { return outbox::get(snapshot, id); }).value();
  }
  std::vector<std::int64_t> due() {
    return read([&](const Snapshot& snapshot) { return ids(outbox::due(snapshot, database->now(), 10)); });
  }
};

TEST_F(Outbox, gives_out_what_is_due_the_longest_due_first) {
  const auto later = queue("later", at(clock) + hours(1));
  const auto second = queue("second"), first = queue("first", at(clock) - hours(1));
  EXPECT_THAT(due(), ElementsAre(first, second));
  clock += 3'600'000'000;
  EXPECT_THAT(due(), ElementsAre(first, second, later));
}

TEST_F(Outbox, waits_between_attempts_and_across_a_restart) {
  const auto id = queue("m-1");
  write([&](Transaction& transaction) { outbox::mark_retry(transaction, id, at(clock) + hours(2), "folder is full"); });
  EXPECT_THAT(due(), IsEmpty());
  EXPECT_EQ(read([](const Snapshot& snapshot) { return outbox::next_due(snapshot); }), at(clock) + hours(2));
  reopen();
  clock += 2 * 3'600'000'000;
  EXPECT_THAT(due(), ElementsAre(id));
  EXPECT_EQ(get(id).attempts, 1);
  EXPECT_EQ(get(id).detail, "folder is full");
}

TEST_F(Outbox, is_overdue_when_no_apprec_came_before_the_deadline) {
  const auto id = queue("m-1");
  const auto overdue = [&] {
    return read([&](const Snapshot& snapshot) { return ids(outbox::overdue(snapshot, database->now(), 10)); });
  };
  write([&](Transaction& transaction) { outbox::mark_sent(transaction, id, transaction.now() + hours(96)); });
  EXPECT_THAT(due(), IsEmpty());
  EXPECT_THAT(overdue(), IsEmpty());
  clock += 97 * 3'600'000'000LL;
  EXPECT_THAT(overdue(), ElementsAre(id));
  write([&](Transaction& transaction) { outbox::mark_overdue(transaction, id); });
  EXPECT_THAT(overdue(), IsEmpty());
  write([&](Transaction& transaction) {
    outbox::mark_answered(transaction, id, OutboxState::delivered, "1", "");  // late, but it came
  });
  EXPECT_EQ(get(id).state, OutboxState::delivered);
}

TEST_F(Outbox, keeps_an_answer_that_came_before_the_sending_was_recorded) {
  const auto id = queue("m-1");
  write([&](Transaction& transaction) { outbox::mark_answered(transaction, id, OutboxState::refused, "2", "E35"); });
  write([&](Transaction& transaction) { outbox::mark_sent(transaction, id, transaction.now() + hours(96)); });
  EXPECT_EQ(get(id).state, OutboxState::refused);
  EXPECT_EQ(get(id).apprec_errors, "E35");
  EXPECT_FALSE(get(id).deadline);
  EXPECT_TRUE(get(id).sent);
}

TEST_F(Outbox, awaits_no_answer_to_an_apprec) {
  const auto id = queue("m-1");
  write([&](Transaction& transaction) { outbox::mark_sent(transaction, id, std::nullopt); });
  EXPECT_EQ(get(id).state, OutboxState::delivered);
  EXPECT_EQ(get(id).bytes, "<MsgHead/>");
}

TEST_F(Outbox, refuses_a_second_message_with_the_same_msg_id) {
  queue("m-1");
  EXPECT_THROW(queue("m-1"), EngineError);
}

TEST_F(Outbox, finds_a_message_by_its_id_and_by_what_it_answers) {
  const auto a = queue("m-1"), b = queue("m-2");
  read([&](const Snapshot& snapshot) {
    EXPECT_EQ(outbox::by_msg_id(snapshot, "m-2")->id, b);
    EXPECT_FALSE(outbox::by_msg_id(snapshot, "m-3"));
    EXPECT_THAT(ids(outbox::replies_to(snapshot, "m-0")), ElementsAre(a, b));
    EXPECT_THAT(ids(outbox::in_state(snapshot, OutboxState::queued, 1)), ElementsAre(a));
    EXPECT_THAT(ids(outbox::log(snapshot, 10)), ElementsAre(b, a));
    return 0;
  });
}

TEST_F(Outbox, has_no_row_to_change_is_our_own_mistake) {
  EXPECT_THROW(write([](Transaction& transaction) { outbox::mark_overdue(transaction, 99); }), std::logic_error);
}

}  // namespace
}  // namespace varde::storage::test
