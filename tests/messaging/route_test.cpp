// Holds us to issue 8 section 3: a slow or failing transport holds up no other, a receiver's messages keep their order,
// and a person is told once when a route fails and once when it works again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "server/messaging/delivery.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

using namespace std::chrono_literals;
using storage::OutboxState;
using testing::ElementsAre;
using testing::HasSubstr;

/// Remembers what it took; fails or blocks by order.
class Transport : public adapters::Sender {
 public:
  Result<adapters::TransportReceipt> send(const adapters::Outgoing& message) override {
    std::unique_lock lock(mutex_);
    ++attempts_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !blocked_; });
    if (fails_ || message.receiver_her_id == fails_for) return fail(Fault::busy, "the line is cut");
    taken_.push_back(message.message_id);
    changed_.notify_all();
    return adapters::TransportReceipt{"taken as " + message.message_id};
  }
  void block(bool blocked) { set(blocked_, blocked); }
  void fail_always(bool fails) { set(fails_, fails); }
  std::vector<std::string> taken() {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  bool wait_for_attempts(int count) {
    return wait([&] { return attempts_ >= count; });
  }
  bool wait_for_taken(std::size_t count) {
    return wait([&] { return taken_.size() >= count; });
  }
  std::string fails_for;

 private:
  template <class Done>
  bool wait(Done done) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, done);
  }
  void set(bool& what, bool value) {
    const std::lock_guard lock(mutex_);
    what = value;
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  int attempts_ = 0;
  bool blocked_ = false, fails_ = false;
  std::vector<std::string> taken_;
};

class Routes : public testing::Test {
 protected:
  Routes() {
    gateway.more_routes = {{"hospital", &hospital, {"81", "82"}}};
    gateway.restart();
  }
  ~Routes() override { hospital.block(false); }
  /// Into the outbox, as an AppRec is: no letter of ours stands behind it.
  std::int64_t queue(const std::string& msg_id, const std::string& receiver,
                     storage::Priority priority = storage::Priority::routine) {
    return gateway.repository
        ->write([&](interaction::Act& act) -> Result<std::int64_t> {
          return storage::outbox::add(act, {.msg_id = msg_id,
                                            .type = "APPREC",
                                            .receiver_her = receiver,
                                            .route = route_to(gateway.settings.routes, receiver).name,
                                            .bytes = "<x/>",
                                            .priority = priority});
        })
        .value();
  }
  storage::OutboxRow row(std::int64_t id) {
    return gateway.repository->read(
        [&](const interaction::View& view) { return storage::outbox::get(view, id).value(); });
  }
  Transport hospital;
  Gateway gateway;
};

TEST_F(Routes, by_the_receiver_and_everybody_else_by_the_folder) {
  queue("m-1", "81"), queue("m-2", "83");
  gateway.messaging->work_through();
  EXPECT_THAT(hospital.taken(), ElementsAre("m-1"));
  EXPECT_THAT(gateway.files("outbound"), ElementsAre("m-2.xml"));
}

TEST_F(Routes, a_receiver_gets_its_messages_no_faster_than_the_pace_and_others_do_not_wait_for_it) {
  gateway.more_routes[0].pace = 10s;
  gateway.restart();
  queue("m-1", "81"), queue("m-2", "81"), queue("m-3", "81"), queue("m-4", "82");
  gateway.messaging->work_through();
  EXPECT_THAT(hospital.taken(), ElementsAre("m-1", "m-4"));
  gateway.pass(9s);
  gateway.messaging->work_through();
  EXPECT_EQ(hospital.taken().size(), 2u);
  gateway.pass(2s);
  gateway.restart();  // the pace is kept over it
  gateway.messaging->work_through();
  EXPECT_THAT(hospital.taken(), ElementsAre("m-1", "m-4", "m-2"));
  gateway.pass(11s);
  gateway.messaging->work_through();
  EXPECT_THAT(hospital.taken(), ElementsAre("m-1", "m-4", "m-2", "m-3"));
}

TEST_F(Routes, keep_what_the_transport_answered_and_when) {
  const auto taken = queue("m-1", "81");
  hospital.fails_for = "82";
  const auto waits = queue("m-2", "82");
  gateway.messaging->work_through();
  EXPECT_EQ(row(taken).receipt, "taken as m-1");
  EXPECT_EQ(row(taken).receipt_at, row(taken).sent);
  EXPECT_EQ(row(waits).receipt, "the line is cut");
  EXPECT_EQ(row(waits).state, OutboxState::queued);
}

TEST_F(Routes, that_block_for_ever_hold_up_no_other) {
  hospital.block(true);
  gateway.messaging->start();
  queue("m-1", "81");
  ASSERT_TRUE(hospital.wait_for_attempts(1));
  for (int n = 2; n < 12; ++n) queue("m-" + std::to_string(n), "83");
  for (int i = 0; i < 200 && gateway.files("outbound").size() < 10; ++i) std::this_thread::sleep_for(50ms);
  EXPECT_EQ(gateway.files("outbound").size(), 10u);
  EXPECT_TRUE(hospital.taken().empty());
  hospital.block(false);
  EXPECT_TRUE(hospital.wait_for_taken(1));
  gateway.messaging->stop();
}

TEST_F(Routes, keep_the_order_of_each_receiver_and_let_the_others_by) {
  hospital.fails_for = "81";
  queue("first", "81"), queue("second", "81"), queue("other", "82");
  gateway.messaging->work_through();
  EXPECT_THAT(hospital.taken(), ElementsAre("other"));
  hospital.fails_for.clear();
  queue("third", "81");
  gateway.messaging->work_through();
  EXPECT_THAT(hospital.taken(), ElementsAre("other"));  // the pause is of the receiver, not of a message
  gateway.restart();
  gateway.messaging->work_through();
  EXPECT_THAT(hospital.taken(), ElementsAre("other"));
  gateway.pass(31s);
  gateway.messaging->work_through();
  EXPECT_THAT(hospital.taken(), ElementsAre("other", "first", "second", "third"));
}

TEST_F(Routes, take_what_is_urgent_first_then_receipts_and_each_in_its_order) {
  using storage::Priority;
  queue("letter-1", "81"), queue("receipt-1", "81", Priority::receipt), queue("alert-1", "81", Priority::urgent);
  queue("letter-2", "81"), queue("alert-2", "81", Priority::urgent), queue("receipt-2", "81", Priority::receipt);
  gateway.restart();
  gateway.messaging->work_through();
  EXPECT_THAT(hospital.taken(), ElementsAre("alert-1", "alert-2", "receipt-1", "receipt-2", "letter-1", "letter-2"));
}

TEST_F(Routes, that_fail_are_told_of_once_and_once_more_when_they_work_again) {
  hospital.fail_always(true);
  for (int n = 0; n < 10; ++n) queue("m-" + std::to_string(n), n % 2 ? "81" : "82");
  for (int attempt = 0; attempt < 10; ++attempt) {
    gateway.messaging->work_through();
    gateway.pass(61min);
    if (attempt == 5) gateway.restart();
  }
  ASSERT_EQ(gateway.tasks("technical").size(), 1u);
  EXPECT_THAT(std::string(gateway.tasks("technical")[0].root()["description"].value()), HasSubstr("ruten hospital"));
  hospital.fail_always(false);
  gateway.messaging->work_through();
  EXPECT_EQ(hospital.taken().size(), 10u);
  const auto tasks = gateway.tasks("technical");
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].root()["status"].value(), "completed");
  EXPECT_THAT(std::string(tasks[1].root()["description"].value()), HasSubstr("Ruten hospital virker igjen"));
}

TEST_F(Routes, with_one_receiver_who_cannot_be_reached_are_not_said_to_fail) {
  hospital.fails_for = "81";
  queue("m-1", "81");
  for (int attempt = 0; attempt < 6; ++attempt) {
    queue("to-82-" + std::to_string(attempt), "82");
    gateway.messaging->work_through();
    gateway.pass(61min);
  }
  ASSERT_EQ(gateway.tasks("technical").size(), 1u);
  EXPECT_THAT(std::string(gateway.tasks("technical")[0].root()["description"].value()), HasSubstr("forsøkt sendt 5"));
}

TEST_F(Routes, that_are_gone_leave_what_waits_to_the_others) {
  hospital.fail_always(true);
  queue("m-1", "81");
  gateway.messaging->work_through();
  gateway.more_routes.clear();
  gateway.restart();
  gateway.messaging->work_through();
  EXPECT_THAT(gateway.files("outbound"), ElementsAre("m-1.xml"));
}

TEST(RouteTable, has_one_route_for_everybody_and_no_name_twice) {
  Transport transport;
  EXPECT_NO_THROW(check({{"folder", &transport, {}}, {"a", &transport, {"1"}}}));
  EXPECT_THROW(check({{"a", &transport, {"1"}}}), std::logic_error);
  EXPECT_THROW(check({{"folder", &transport, {}}, {"b", &transport, {}}}), std::logic_error);
  EXPECT_THROW(check({{"folder", &transport, {}}, {"folder", &transport, {"1"}}}), std::logic_error);
}

}  // namespace
}  // namespace varde::messaging::test
