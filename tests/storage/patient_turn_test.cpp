// Several processes on one PostgreSQL database write different patients beside each other, and one patient by turns.
// Here two Databases in one process, each with connections of its own.
#include <gmock/gmock.h>

#include <functional>
#include <future>
#include <thread>

#include "server/storage/audit_log.h"
#include "server/storage/followup.h"
#include "server/storage/messages.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

Reach of(std::vector<std::string> patients) { return {.everything = false, .patients = std::move(patients)}; }

/// A write whose transaction stays open until release().
class Open {
 public:
  Open(Database& by, Reach reach, std::function<void(Transaction&)> first = {}) {
    auto go_on = release_.get_future().share();
    done_ = std::move(*by.submit(
        [this, go_on, first = std::move(first)](Transaction& transaction) {
          if (first) first(transaction);
          begun_.set_value();
          go_on.wait();
          return true;
        },
        std::move(reach)));
    begun_.get_future().wait();
  }
  ~Open() {
    if (done_.valid()) release();
  }
  Open(const Open&) = delete;
  void release() {
    release_.set_value();
    done_.get();
  }

 private:
  std::promise<void> begun_, release_;
  std::future<void> done_;
};

class OnServerByPatient : public Store {
 protected:
  void SetUp() override {
    if (!varde::test::is_on_postgresql()) GTEST_SKIP() << "on PostgreSQL only";
    other = std::make_unique<Database>(options());
    for (const std::string patient : {"one", "two"}) put("Basic", "first-of-" + patient, {}, Method::create, patient);
    other->submit([](Transaction&) { return true; })->get();
    put("Basic", "known");  // alone, it would not trouble with names
  }
  static std::future<void> write_of(Database& by, const std::string& patient, const std::string& id) {
    return std::move(*by.submit(
        [=](Transaction& transaction) {
          put_in(transaction, "Basic", id, {}, Method::update, patient);
          return true;
        },
        of({patient})));
  }
  static bool waits(std::future<void>& write) { return write.wait_for(200ms) == std::future_status::timeout; }
  /// Whether the job, which names patient "one", is told to begin anew for going further.
  bool goes_too_far(const std::function<void(Transaction&)>& job) const {
    auto done = database->submit(
        [&](Transaction& transaction) {
          job(transaction);
          return true;
        },
        of({"one"}));
    try {
      done->get();
    } catch (const EngineError& error) {
      EXPECT_EQ(error.trouble(), Trouble::contended) << error.what();
      return true;
    }
    return false;
  }

  std::unique_ptr<Database> other;
};

TEST_F(OnServerByPatient, writes_of_different_patients_do_not_wait_for_each_other) {
  const Open open(*database, of({"one"}));
  auto beside = write_of(*other, "two", "beside");
  ASSERT_EQ(beside.wait_for(10s), std::future_status::ready);
  beside.get();
  EXPECT_TRUE(current("Basic", "beside"));
}

TEST_F(OnServerByPatient, writes_of_one_patient_wait_and_see_what_the_other_wrote) {
  Open open(*database, of({"one"}),
            [](Transaction& transaction) { put_in(transaction, "Basic", "first-of-one", {}, Method::update, "one"); });
  auto behind = write_of(*other, "one", "first-of-one");
  EXPECT_TRUE(waits(behind));
  open.release();
  behind.get();
  EXPECT_EQ(current("Basic", "first-of-one")->version, 3);
}

TEST_F(OnServerByPatient, several_patients_are_one_turn_in_whatever_order_they_are_named) {
  const auto writes = [](Database& by, const std::vector<std::string>& patients) {
    for (int i = 0; i < 40; ++i) by.submit([](Transaction&) { return true; }, of(patients))->get();
  };
  std::jthread second([&] { writes(*other, {"c", "two", "b", "one", "a"}); });
  EXPECT_NO_THROW(writes(*database, {"a", "one", "b", "two", "c"}));
  second.join();
  Open open(*database, of({"two", "one"}));
  auto behind = write_of(*other, "two", "x");
  EXPECT_TRUE(waits(behind));
  open.release();
  behind.get();
}

TEST_F(OnServerByPatient, who_reaches_everything_waits_for_all_and_all_for_it) {
  Open open(*database, of({"one"}));
  auto everything = other->submit([](Transaction& transaction) {
    put_in(transaction, "Basic", "of nobody");
    return true;
  });
  EXPECT_TRUE(waits(*everything));
  open.release();
  everything->get();
  Open all(*database, {});
  auto behind = write_of(*other, "two", "y");
  EXPECT_TRUE(waits(behind));
  all.release();
  behind.get();
}

TEST_F(OnServerByPatient, going_further_than_was_named_is_refused) {
  const auto two = database->read([](const Snapshot& snapshot) { return snapshot.patient_key("two"); });
  const std::vector<std::pair<const char*, std::function<void(Transaction&)>>> further{
      {"another's resource", [](Transaction& t) { t.current(type("Basic"), "first-of-two"); }},
      {"a new resource of another's", [](Transaction& t) { put_in(t, "Basic", "z", {}, Method::create, "two"); }},
      {"a new resource of nobody", [](Transaction& t) { put_in(t, "Basic", "z"); }},
      {"a patient that nobody mentioned", [](Transaction& t) { t.claim_patient("new"); }},
      {"a symbol that nobody used", [](Transaction& t) { t.symbol("urn:new"); }},
      {"another's measures", [=](Transaction& t) { t.measures(two); }},
      {"another's enrolments", [=](Transaction& t) { enrolment::all(t, two); }},
      {"what an identifier finds", [](Transaction& t) { t.by_identifier(type("Basic"), "a", "b"); }},
      {"who refers to it", [](Transaction& t) { t.referring(parameter_key("Basic", "x"), type("Patient"), "one"); }},
      {"all there is", [](Transaction& t) { t.live_resources({}, 10); }},
      {"a message", [](Transaction& t) { outbox::add(t, {.msg_id = "m", .type = "APPREC", .receiver_her = "1"}); }},
  };
  for (const auto& [what, job] : further) EXPECT_TRUE(goes_too_far(job)) << what;
  EXPECT_FALSE(current("Basic", "z"));
  EXPECT_FALSE(goes_too_far([](Transaction& t) {
    t.symbol("");
    t.current(type("Basic"), "first-of-one");
    t.current(type("Basic"), "not-there");
    put_in(t, "Basic", "within", {}, Method::create, "one");
  }));
  EXPECT_TRUE(current("Basic", "within"));
}

TEST_F(OnServerByPatient, what_goes_too_far_costs_those_beside_it_nothing) {
  Open open(*database, of({"one"}));  // so that the next three are one group
  auto before = write_of(*database, "one", "before");
  auto further = database->submit(
      [](Transaction& transaction) {
        put_in(transaction, "Basic", "undone", {}, Method::create, "one");
        return transaction.live_resources({}, 10).empty();
      },
      of({"one"}));
  auto after = write_of(*database, "two", "after");
  open.release();
  before.get(), after.get();
  EXPECT_THROW(further->get(), EngineError);
  EXPECT_TRUE(current("Basic", "before") && current("Basic", "after"));
  EXPECT_FALSE(current("Basic", "undone"));
}

TEST_F(OnServerByPatient, keys_and_times_of_a_patient_ascend_whoever_writes) {
  std::vector<ResourceKey> keys;
  std::vector<Instant> times;
  for (int i = 0; i < 8; ++i) {
    const std::string id = "n" + std::to_string(i);
    write_of(i % 2 == 0 ? *database : *other, "one", id).get();
    keys.push_back(current("Basic", id)->key), times.push_back(current("Basic", id)->updated);
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  EXPECT_EQ(std::adjacent_find(times.begin(), times.end()), times.end());
}

TEST_F(OnServerByPatient, keys_of_transactions_beside_each_other_do_not_collide) {
  const auto write = [](Database& by, const std::string& patient) {
    for (int i = 0; i < 100; ++i) write_of(by, patient, patient + std::to_string(i)).get();
  };
  std::jthread second([&] { write(*other, "two"); });
  write(*database, "one");
  second.join();
  EXPECT_EQ(database->read([](const Snapshot& snapshot) { return snapshot.live_resources({}, 1000).size(); }), 203u);
}

TEST_F(OnServerByPatient, what_the_other_said_of_a_patient_is_known_when_it_is_judged) {
  const auto say = [](Database& by, EnrolmentState state) {
    by.submit(
          [&](Transaction& transaction) {
            enrolment::put(transaction, transaction.patient_key("one"), {ResourceKey{1}, state, {}, false});
            return true;
          },
          of({"one"}))
        ->get();
  };
  const auto heard = [](Database& by) {
    EnrolmentState found{};
    by.submit(
          [&](Transaction& transaction) {
            found = enrolment::all(transaction, transaction.patient_key("one")).at(0).state;
            return true;
          },
          of({"one"}))
        ->get();
    return found;
  };
  say(*database, EnrolmentState::active);
  EXPECT_EQ(heard(*database), EnrolmentState::active);
  EXPECT_EQ(heard(*other), EnrolmentState::active);
  say(*other, EnrolmentState::paused);
  EXPECT_EQ(heard(*database), EnrolmentState::paused);
  say(*database, EnrolmentState::ended);
  EXPECT_EQ(heard(*other), EnrolmentState::ended);
}

TEST_F(OnServerByPatient, is_judged_one_after_the_other) {
  // Each counts what is there and adds one with that number: had two counted at the same time, one would be lost.
  constexpr int kTimes = 60;
  const auto count_up = [](Database& by) {
    for (int i = 0; i < kTimes; ++i)
      by.submit(
            [](Transaction& transaction) {
              const auto patient = transaction.patient_key("one");
              const auto number = static_cast<std::int64_t>(enrolment::all(transaction, patient).size());
              enrolment::put(transaction, patient, {ResourceKey{number + 1}, EnrolmentState::active, {}, false});
              return true;
            },
            of({"one"}))
          ->get();
  };
  std::jthread second([&] { count_up(*other); });
  count_up(*database);
  second.join();
  EXPECT_EQ(database->read(
                [](const Snapshot& snapshot) { return enrolment::all(snapshot, snapshot.patient_key("one")).size(); }),
            2u * kTimes);
}

TEST_F(OnServerByPatient, a_settled_read_has_nothing_earlier_to_come) {
  Open open(*database, of({"one"}), [](Transaction& transaction) {
    put_in(transaction, "Basic", "earlier", {}, Method::create, "one");  // its time is given here
  });
  clock += 1000;
  write_of(*other, "two", "later").get();
  EXPECT_TRUE(current("Basic", "later"));
  auto both = std::async(std::launch::async, [&] {
    Budget budget = other->read_budget();
    return other->read(
        [](const Snapshot& snapshot) {
          return snapshot.current(type("Basic"), "later") && snapshot.current(type("Basic"), "earlier");
        },
        budget, Moment::settled);
  });
  EXPECT_EQ(both.wait_for(200ms), std::future_status::timeout) << "a later one is there, an earlier one is not";
  open.release();
  EXPECT_TRUE(both.get());
  write_of(*database, "one", "next").get();
  EXPECT_GT(current("Basic", "next")->updated, current("Basic", "later")->updated);
}

TEST_F(OnServerByPatient, the_audit_log_is_one_chain_all_the_same) {
  const auto digest = [](std::string_view text) {
    return std::string(text.substr(text.size() - 8)) + std::string(24, 'x');
  };
  const auto tell = [&](Database& by, const std::string& event, Reach reach) {
    by.submit(
          [&](Transaction& transaction) {
            std::vector<audit_log::Row> rows{{.at = transaction.now(), .agent = "a", .event = event + "1"},
                                             {.at = transaction.now(), .agent = "a", .event = event + "2"}};
            audit_log::append(transaction, rows, digest);
            return true;
          },
          std::move(reach))
        ->get();
  };
  tell(*database, "first", of({"one"}));
  tell(*other, "second", of({"two"}));
  tell(*other, "at once", {});
  const auto events = [&] {
    std::vector<std::string> out;
    for (const auto& row : other->read([](const Snapshot& snapshot) { return audit_log::from(snapshot, 0, 100); }))
      out.push_back(std::to_string(row.number) + " " + row.event);
    return out;
  };
  EXPECT_THAT(events(), ElementsAre("1 at once1", "2 at once2"));
  for (int i = 0; i < 2; ++i)
    other
        ->submit([&](Transaction& transaction) {
          audit_log::seal(transaction, digest);
          return true;
        })
        ->get();
  EXPECT_THAT(events(), ElementsAre("1 at once1", "2 at once2", "3 first1", "4 first2", "5 second1", "6 second2"));
}

}  // namespace
}  // namespace varde::storage::test
