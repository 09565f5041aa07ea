// Inbox and outbox of the message gateway: HITS 1168:2016 (repetition, AppRec deadlines), HIS 80415:2012 (AppRec).
#include "server/storage/messages.h"
#include "server/storage/due.h"
#include "server/storage/routes.h"

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
  std::int64_t queue(const std::string& msg_id, const std::string& receiver = "8141253",
                     const std::string& route = "folder") {
    std::int64_t id = 0;
    write([&](Transaction& transaction) {
      id = outbox::add(transaction, {.msg_id = msg_id,
                                     .type = "HELSEOPPLYSNINGER_LEGE",
                                     .receiver_her = receiver,
                                     .in_reply_to = "m-0",
                                     .route = route,
                                     .bytes = "<MsgHead/>"});
    });
    return id;
  }
  OutboxRow get(std::int64_t id) {
    return read([&](const Snapshot& snapshot) { return outbox::get(snapshot, id); }).value();
  }
  /// What would go next to each receiver on that route.
  std::vector<std::int64_t> next(const std::string& route = "folder") {
    return read([&](const Snapshot& snapshot) {
      std::vector<std::int64_t> found;
      for (const auto& receiver : outbox::receivers_waiting(snapshot, route, 10))
        if (!outbox::paused_until(snapshot, route, receiver))
          found.push_back(outbox::next_to(snapshot, route, receiver)->id);
      return found;
    });
  }
  std::vector<std::string> due(DueKind kind) {
    return read([&](const Snapshot& snapshot) {
      std::vector<std::string> subjects;
      for (const auto& row : due::ready(snapshot, database->now(), 10))
        if (row.kind == kind) subjects.push_back(row.subject);
      return subjects;
    });
  }
};

TEST_F(Outbox, gives_each_receiver_its_messages_in_the_order_they_were_written) {
  const auto first = queue("m-1", "81"), second = queue("m-2", "81"), other = queue("m-3", "82");
  EXPECT_THAT(next(), ElementsAre(first, other));
  write([&](Transaction& transaction) { outbox::mark_sent(transaction, first, std::nullopt, "m-1.xml"); });
  EXPECT_THAT(next(), ElementsAre(second, other));
  EXPECT_EQ(get(first).receipt, "m-1.xml");
  EXPECT_EQ(get(first).receipt_at, get(first).sent);
}

TEST_F(Outbox, keeps_its_routes_apart) {
  const auto here = queue("m-1", "81"), there = queue("m-2", "82", "hospital");
  EXPECT_THAT(next("folder"), ElementsAre(here));
  EXPECT_THAT(next("hospital"), ElementsAre(there));
  EXPECT_THAT(read([](const Snapshot& snapshot) { return outbox::routes_waiting(snapshot); }),
              ElementsAre("folder", "hospital"));
  write([&](Transaction& transaction) { outbox::reroute(transaction, "hospital", "82", "folder"); });
  EXPECT_THAT(next("folder"), ElementsAre(here, there));
}

TEST_F(Outbox, lets_a_receiver_rest_between_attempts_and_across_a_restart) {
  const auto id = queue("m-1", "81"), other = queue("m-2", "82");
  write([&](Transaction& transaction) { outbox::mark_retry(transaction, id, at(clock) + hours(2), "folder is full"); });
  EXPECT_THAT(next(), ElementsAre(other));
  EXPECT_THAT(due(DueKind::retry), IsEmpty());
  reopen();
  clock += 2 * 3'600'000'000;
  EXPECT_THAT(due(DueKind::retry), ElementsAre("folder 81"));
  EXPECT_EQ(get(id).attempts, 1);
  EXPECT_EQ(get(id).detail, "folder is full");
  EXPECT_EQ(get(id).receipt, "folder is full");
}

TEST_F(Outbox, lets_what_is_sent_again_go_at_once) {
  const auto id = queue("m-1"), second = queue("m-2");
  write([&](Transaction& transaction) { outbox::mark_sent(transaction, id, std::nullopt); });
  write([&](Transaction& transaction) { outbox::mark_retry(transaction, second, at(clock) + hours(2), "full"); });
  EXPECT_THAT(next(), IsEmpty());
  write([&](Transaction& transaction) { EXPECT_TRUE(outbox::send_again(transaction, id)); });
  EXPECT_THAT(next(), ElementsAre(id));
}

TEST_F(Outbox, counts_how_often_a_route_failed_since_it_worked) {
  write([](Transaction& transaction) { routes::failed(transaction, "folder"); });
  const auto since = at(clock);
  clock += 1'000'000;
  write([](Transaction& transaction) { EXPECT_EQ(routes::failed(transaction, "folder").count, 2); });
  reopen();
  read([&](const Snapshot& snapshot) {
    EXPECT_EQ(routes::failures(snapshot, "folder").since, since);
    EXPECT_EQ(routes::failures(snapshot, "hospital").count, 0);
    return 0;
  });
  write([](Transaction& transaction) {
    EXPECT_EQ(routes::recovered(transaction, "folder").count, 2);
    EXPECT_EQ(routes::recovered(transaction, "folder").count, 0);
  });
}

TEST_F(Outbox, has_a_deadline_until_an_apprec_came) {
  const auto id = queue("m-1");
  const auto deadline = [&] {
    return read([&](const Snapshot& snapshot) {
      return due::at(snapshot, DueKind::apprec, PatientKey::none, std::to_string(id));
    });
  };
  write([&](Transaction& transaction) { outbox::mark_sent(transaction, id, transaction.now() + hours(96)); });
  EXPECT_THAT(next(), IsEmpty());
  EXPECT_GE(deadline(), at(clock) + hours(96));
  clock += 97 * 3'600'000'000LL;
  EXPECT_THAT(due(DueKind::apprec), ElementsAre(std::to_string(id)));
  write([&](Transaction& transaction) { outbox::mark_overdue(transaction, id); });
  EXPECT_FALSE(deadline());
  write([&](Transaction& transaction) {
    outbox::mark_answered(transaction, id, OutboxState::delivered, "1", "");  // late, but it came
  });
  EXPECT_EQ(get(id).state, OutboxState::delivered);
}

TEST_F(Outbox, moves_deadlines_when_the_clock_is_set) {
  const auto id = queue("m-1");
  write([&](Transaction& transaction) { outbox::mark_sent(transaction, id, transaction.now() + hours(96)); });
  write([&](Transaction& transaction) { due::postpone(transaction, DueKind::apprec, hours(3)); });
  write([&](Transaction& transaction) { due::postpone(transaction, DueKind::retry, hours(5)); });
  clock += 98 * 3'600'000'000LL;
  EXPECT_THAT(due(DueKind::apprec), IsEmpty());
  clock += 2 * 3'600'000'000LL;
  EXPECT_THAT(due(DueKind::apprec), ElementsAre(std::to_string(id)));
}

TEST_F(Outbox, keeps_an_answer_that_came_before_the_sending_was_recorded) {
  const auto id = queue("m-1");
  write([&](Transaction& transaction) { outbox::mark_answered(transaction, id, OutboxState::refused, "2", "E35"); });
  write([&](Transaction& transaction) { outbox::mark_sent(transaction, id, transaction.now() + hours(96)); });
  EXPECT_EQ(get(id).state, OutboxState::refused);
  EXPECT_EQ(get(id).apprec_errors, "E35");
  clock += 97 * 3'600'000'000LL;
  EXPECT_THAT(due(DueKind::apprec), IsEmpty());
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
