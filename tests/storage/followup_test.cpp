// What the follow-up rules must know about a patient when a measurement comes in.
#include "server/storage/followup.h"

#include <gmock/gmock.h>

#include "server/storage/patients.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr PatientKey kKari{1}, kOla{2};
constexpr ResourceKey kFirst{10}, kSecond{11};
constexpr std::string_view kSpO2 = "http://loinc.org|2708-6", kWeight = "http://loinc.org|29463-7";

class FollowUp : public Store {
 protected:
  template <class Reader>
  auto read(Reader&& reader) {
    return database->read(std::forward<Reader>(reader));
  }
};

TEST_F(FollowUp, gives_the_limits_of_the_measure_and_the_patient_oldest_first) {
  write([](Transaction& transaction) {
    limits::put(transaction, kKari, {std::string(kSpO2), kFirst, at(1000), "old"});
    limits::put(transaction, kKari, {std::string(kSpO2), kSecond, at(2000), "new"});
    limits::put(transaction, kKari, {std::string(kWeight), kSecond, at(2000), "weight"});
    limits::put(transaction, kOla, {std::string(kSpO2), kFirst, at(3000), "of another"});
  });
  read([](const Snapshot& snapshot) {
    const auto found = limits::of(snapshot, kKari, kSpO2);
    EXPECT_EQ(found.size(), 2u);
    EXPECT_EQ(found.back().limits, "new");
    EXPECT_EQ(found.back().measure, kSpO2);
    EXPECT_TRUE(limits::of(snapshot, kKari, "http://loinc.org|8867-4").empty());
    EXPECT_THAT(limits::all(snapshot, kKari), SizeIs(3));
    return 0;
  });
  write([](Transaction& transaction) { limits::remove(transaction, kSecond); });
  read([](const Snapshot& snapshot) {
    EXPECT_EQ(limits::of(snapshot, kKari, kSpO2).at(0).limits, "old");
    EXPECT_TRUE(limits::of(snapshot, kKari, kWeight).empty());
    return 0;
  });
}

TEST_F(FollowUp, replaces_what_the_same_service_request_said) {
  write([](Transaction& transaction) {
    limits::put(transaction, kKari, {std::string(kSpO2), kFirst, at(1000), "before"});
    limits::put(transaction, kKari, {std::string(kSpO2), kFirst, at(1500), "after"});
  });
  EXPECT_EQ(read([](const Snapshot& snapshot) { return limits::all(snapshot, kKari); }).size(), 1u);
  EXPECT_EQ(read([](const Snapshot& snapshot) { return limits::of(snapshot, kKari, kSpO2); }).at(0).limits, "after");
}

TEST_F(FollowUp, knows_every_enrolment_and_its_state) {
  write([](Transaction& transaction) {
    enrolment::put(transaction, kKari, {kFirst, EnrolmentState::active, at(1000)});
    enrolment::put(transaction, kKari, {kSecond, EnrolmentState::active, at(2000)});
    enrolment::put(transaction, kKari, {kFirst, EnrolmentState::paused, at(3000)});
  });
  const auto rows = read([](const Snapshot& snapshot) { return enrolment::all(snapshot, kKari); });
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].state, EnrolmentState::paused);
  EXPECT_EQ(rows[0].since, at(3000));
  EXPECT_EQ(rows[1].state, EnrolmentState::active);
  write([](Transaction& transaction) { enrolment::remove(transaction, kKari, kFirst); });
  EXPECT_THAT(read([](const Snapshot& snapshot) { return enrolment::all(snapshot, kKari); }), SizeIs(1));
  EXPECT_THAT(read([](const Snapshot& snapshot) { return enrolment::all(snapshot, kOla); }), IsEmpty());
}

TEST_F(FollowUp, has_one_open_alert_per_patient_and_subject_until_its_task_closes) {
  write([](Transaction& transaction) {
    open_alert::put(transaction, kKari, {std::string(kSpO2), "t-1", at(1000)});
    open_alert::put(transaction, kOla, {std::string(kSpO2), "t-2", at(1000)});
    open_alert::put(transaction, kKari, {std::string(kWeight), "t-3", at(1000)});
  });
  read([](const Snapshot& snapshot) {
    EXPECT_EQ(open_alert::get(snapshot, kKari, kSpO2)->task_id, "t-1");
    EXPECT_THAT(open_alert::all(snapshot, kKari), SizeIs(2));
    return 0;
  });
  write([](Transaction& transaction) {
    open_alert::remove_task(transaction, "t-1");
    open_alert::remove(transaction, kKari, kWeight);
  });
  read([](const Snapshot& snapshot) {
    EXPECT_THAT(open_alert::all(snapshot, kKari), IsEmpty());
    EXPECT_EQ(open_alert::get(snapshot, kOla, kSpO2)->task_id, "t-2");
    return 0;
  });
}

/// The writer remembers what it has read: here each job reads before and after what changes it.
class FollowUpRemembered : public FollowUp {
 protected:
  struct Found {
    std::size_t limits, enrolments, alerts;
    bool operator==(const Found&) const = default;
  };
  static Found found(const Snapshot& snapshot) {
    EXPECT_EQ(limits::of(snapshot, kKari, kSpO2).size(), limits::all(snapshot, kKari).size());
    EXPECT_EQ(open_alert::get(snapshot, kKari, "m").has_value(), !open_alert::all(snapshot, kKari).empty());
    EXPECT_EQ(open_alert::beginning(snapshot, kKari, "m").size(), open_alert::all(snapshot, kKari).size());
    return {limits::all(snapshot, kKari).size(), enrolment::all(snapshot, kKari).size(),
            open_alert::all(snapshot, kKari).size()};
  }
  static void put_all(Transaction& transaction) {
    limits::put(transaction, kKari, {std::string(kSpO2), kFirst, at(1000), "x"});
    enrolment::put(transaction, kKari, {kSecond, EnrolmentState::paused, at(5), true});
    open_alert::put(transaction, kKari, {"m", "task", at(7)});
  }
};

TEST_F(FollowUpRemembered, is_what_stands_there_after_every_change) {
  write([&](Transaction& transaction) {
    EXPECT_EQ(found(transaction), (Found{0, 0, 0}));
    put_all(transaction);
    EXPECT_EQ(found(transaction), (Found{1, 1, 1}));
    const auto enrolment = enrolment::all(transaction, kKari).front();
    EXPECT_EQ(enrolment.state, EnrolmentState::paused);
    EXPECT_TRUE(enrolment.tells_green);
    EXPECT_EQ(enrolment.since, at(5));
    const auto alert = *open_alert::get(transaction, kKari, "m");
    EXPECT_EQ(alert.task_id, "task");
    EXPECT_EQ(alert.opened, at(7));
    EXPECT_EQ(limits::of(transaction, kKari, kSpO2).front().limits, "x");
    EXPECT_EQ(limits::of(transaction, kKari, kSpO2).front().resource, kFirst);
  });
  write([&](Transaction& transaction) {
    limits::remove(transaction, kFirst);
    EXPECT_EQ(found(transaction), (Found{0, 1, 1}));
    open_alert::remove_task(transaction, "task");
    EXPECT_EQ(found(transaction), (Found{0, 1, 0}));
    enrolment::remove(transaction, kKari, kSecond);
    EXPECT_EQ(found(transaction), (Found{0, 0, 0}));
  });
}

TEST_F(FollowUpRemembered, is_not_what_was_undone) {
  database
      ->submit([&](Transaction& transaction) {
        put_all(transaction);
        EXPECT_EQ(found(transaction), (Found{1, 1, 1}));
        return false;
      })
      ->get();
  write([&](Transaction& transaction) { EXPECT_EQ(found(transaction), (Found{0, 0, 0})); });
}

TEST_F(FollowUpRemembered, goes_with_the_patient_that_replaces_another) {
  write([&](Transaction& transaction) {
    const auto kari = transaction.claim_patient("kari"), ola = transaction.claim_patient("ola");
    open_alert::put(transaction, kari, {"m", "task", at(7)});
    EXPECT_THAT(open_alert::all(transaction, ola), IsEmpty());
    patients::set_survivor(transaction, kari, ola);
    EXPECT_THAT(open_alert::all(transaction, ola), SizeIs(1));
    EXPECT_THAT(open_alert::all(transaction, kari), IsEmpty());
  });
}

}  // namespace
}  // namespace varde::storage::test
