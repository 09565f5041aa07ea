// Holds us to HISD 1154:2018 §3, §4 and acceptance criteria 21, 22 of the PLO receive kits: a change replaces the
// whole, a cancellation takes back the original and its changes, whatever came first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "server/messaging/effect/record.h"
#include "tests/messaging/support/gateway.h"
#include "tests/messaging/support/letters.h"

namespace varde::messaging::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kReferral = "helseoppl_soknad/alt_1.6.xml";
constexpr const char* kLetter = "helseopplysninger_lege/alt_1.6.xml";

class Change : public testing::Test {
 protected:
  Change() {
    gateway.settings.addressing = Addressing::anybody;
    gateway.restart();
  }

  /// A referral of our fixtures: everything that the message can carry.
  static Sent referral(int n, const char* status = "N", std::vector<int> about = {}) {
    Sent sent{kReferral, n, status, std::move(about)};
    sent.content = "2";
    return sent;
  }
  static Sent letter(int n, const char* status = "N", std::vector<int> about = {}) {
    return {kLetter, n, status, std::move(about)};
  }
  std::string receive(const Sent& sent) { return gateway.receive(write(sent)).communication_id; }

  /// "Condition/…", of everything that still counts.
  std::vector<std::string> in_force() {
    std::vector<std::string> found;
    for (const char* type : {"ServiceRequest", "Composition", "Observation", "MedicationStatement", "Flag", "Condition",
                             "AllergyIntolerance", "RelatedPerson", "DocumentReference"})
      for (const auto& tree : gateway.all(type)) {
        const auto root = tree.root();
        const auto status = root["verificationStatus"] ? root["verificationStatus"]["coding"]["code"].value()
                            : root["active"]           ? root["active"].value()
                                                       : root["status"].value();
        if (status != "entered-in-error" && status != "revoked" && status != "superseded" && status != "false")
          found.push_back(std::string(type) + "/" + std::string(root["id"].value()));
      }
    return found;
  }
  std::map<std::string, int> count(const std::vector<std::string>& references) {
    std::map<std::string, int> counts;
    for (const auto& reference : references) ++counts[reference.substr(0, reference.find('/'))];
    return counts;
  }
  std::vector<std::string> states() {
    std::vector<std::string> found;
    for (const auto& tree : gateway.all("Communication"))
      for (const auto coding : tree.root()["statusReason"].each("coding"))
        if (coding["system"].value().ends_with("message-state")) found.emplace_back(coding["code"].value());
    return found;
  }
  void expect_all_valid() {
    for (const char* type : {"ServiceRequest", "Composition", "Observation", "MedicationStatement", "Flag", "Condition",
                             "AllergyIntolerance", "RelatedPerson", "DocumentReference", "Communication", "Task",
                             "Provenance", "Patient", "Encounter"})
      for (const auto& tree : gateway.all(type)) expect_valid(tree.root());
  }
  Gateway gateway;
};

TEST_F(Change, what_a_message_made_is_recorded_with_it) {
  const auto id = receive(referral(1));
  const auto made = gateway.repository->read([&](const interaction::View& view) { return made_by(view, id); });
  auto expected = in_force();
  for (const auto& each : expected) EXPECT_THAT(made, testing::Contains(each));
  EXPECT_THAT(made, testing::Contains(HasSubstr("Task/")));
  EXPECT_EQ(gateway.get("Provenance", id).root()["entity"]["what"]["reference"].value(), "Communication/" + id);
  expect_all_valid();
}

TEST_F(Change, a_cancelled_letter_leaves_nothing_in_force) {
  gateway.patient(fixture_patient());
  receive(letter(1));
  ASSERT_GT(count(in_force())["MedicationStatement"], 0);
  ASSERT_GT(count(in_force())["Observation"], 0);
  receive(letter(2, "C", {1}));
  EXPECT_THAT(in_force(), IsEmpty());
  EXPECT_THAT(states(), ElementsAre("cancelled", "processed"));
  expect_all_valid();
}

TEST_F(Change, of_an_original_and_two_changes_only_the_latest_counts) {
  receive(referral(1));
  const auto once = count(in_force());
  receive(referral(2, "M", {1}));
  receive(referral(3, "M", {2, 1}));
  EXPECT_EQ(count(in_force()), once);
  EXPECT_THAT(states(), ElementsAre("replaced", "replaced", "processed"));
  EXPECT_EQ(gateway.all("Patient").size(), 1u);
  const auto tasks = gateway.tasks("receive-referral");
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks[0].root()["status"].value(), "requested");
  expect_all_valid();
}

TEST_F(Change, a_cancellation_takes_back_the_original_and_its_changes_in_every_order_of_arrival) {
  const std::vector<Sent> all{referral(1), referral(2, "M", {1}), referral(3, "C", {2, 1})};
  std::vector<std::size_t> order{0, 1, 2};
  do {
    gateway.start_over();
    for (const auto i : order) receive(all[i]);
    const auto which = testing::PrintToString(order);
    EXPECT_THAT(in_force(), IsEmpty()) << which;
    EXPECT_EQ(std::ranges::count(states(), "cancelled"), 2) << which;
    for (const auto& task : gateway.tasks("receive-referral"))
      EXPECT_EQ(task.root()["status"].value(), "cancelled") << which;
    EXPECT_EQ(gateway.outbox("APPREC").size(), 3u) << which;
    expect_all_valid();
  } while (std::ranges::next_permutation(order).found);
}

TEST_F(Change, an_original_that_comes_after_its_change_is_only_filed) {
  receive(referral(2, "M", {1}));
  const auto before = in_force();
  const auto id = receive(referral(1));
  EXPECT_EQ(count(in_force()), count(before));
  EXPECT_THAT(states(), ElementsAre("processed", "replaced"));
  const auto made = gateway.repository->read([&](const interaction::View& view) { return made_by(view, id); });
  for (const auto& reference : made)
    EXPECT_THAT(reference,
                testing::AnyOf(HasSubstr("DocumentReference/"), HasSubstr("Binary/"), HasSubstr("Patient/")));
}

TEST_F(Change, a_cancelled_referral_of_an_unknown_person_makes_no_patient) {
  receive(referral(2, "C", {1}));
  EXPECT_THAT(gateway.all("Patient"), IsEmpty());
  receive(referral(1));
  EXPECT_THAT(gateway.all("Patient"), IsEmpty());
  EXPECT_EQ(gateway.outbox("APPREC").size(), 2u);
  expect_all_valid();
}

TEST_F(Change, the_task_and_the_identifiers_are_the_orders_not_the_proposed_services) {
  receive(referral(1));
  const auto tasks = gateway.tasks("receive-referral");
  ASSERT_EQ(tasks.size(), 1u);
  const std::string focus(tasks[0].root()["focus"]["reference"].value());
  EXPECT_EQ(gateway.get("ServiceRequest", focus.substr(focus.find('/') + 1)).root()["intent"].value(), "order");
}

TEST_F(Change, a_change_to_what_is_cancelled_is_left_to_a_person) {
  receive(referral(1));
  receive(referral(2, "C", {1}));
  receive(referral(3, "M", {1}));
  EXPECT_EQ(count(in_force())["ServiceRequest"], 0);
  ASSERT_EQ(gateway.tasks("information").size(), 1u);
  EXPECT_THAT(std::string(gateway.tasks("information")[0].root()["description"].value()), HasSubstr("kansellert"));
}

TEST_F(Change, a_new_referral_in_the_dialogue_counts_after_the_cancellation_of_the_first) {
  receive(referral(1));
  receive(referral(2, "C", {1}));
  receive(referral(3, "N", {1}));
  EXPECT_GT(count(in_force())["ServiceRequest"], 0);
  EXPECT_EQ(gateway.tasks("receive-referral").size(), 2u);
}

TEST_F(Change, a_second_letter_of_a_dialogue_stands_beside_the_first_and_is_cancelled_alone) {
  gateway.patient(fixture_patient());
  receive(letter(1));
  const auto one = count(in_force())["Condition"];
  receive(letter(2, "N", {1}));
  EXPECT_EQ(count(in_force())["Condition"], 2 * one);
  receive(letter(3, "C", {2, 1}));
  EXPECT_EQ(count(in_force())["Condition"], one);
  EXPECT_THAT(states(), ElementsAre("processed", "cancelled", "processed"));
}

TEST_F(Change, a_cancellation_about_another_patient_takes_nothing_back_and_a_person_is_told) {
  gateway.patient(fixture_patient());
  gateway.patient(demo::unknown_patient());
  receive(letter(1));
  const auto before = count(in_force());
  auto other = letter(2, "C", {1});
  other.patient = demo::unknown_patient();
  receive(other);
  EXPECT_EQ(count(in_force())["Condition"], before.at("Condition"));
  EXPECT_THAT(states(), ElementsAre("processed", "processed"));
  EXPECT_EQ(gateway.tasks("information").size(), 2u);
}

TEST_F(Change, a_corrected_admission_is_the_same_stay_and_its_cancellation_ends_the_pause) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  auto change = gateway.letter("LOG_INNLAGT", 2, "2026-11-20T08:00:00");
  change.status = "M", change.parent = uuid(1);
  gateway.receive(change);
  ASSERT_EQ(gateway.all("Encounter").size(), 1u);
  EXPECT_EQ(gateway.all("Encounter")[0].root()["period"]["start"].value(), "2026-11-20T08:00:00+01:00");
  EXPECT_TRUE(gateway.is_paused(patient));
  auto cancel = gateway.letter("LOG_INNLAGT", 3);
  cancel.status = "C", cancel.parent = uuid(2);
  gateway.receive(cancel);
  EXPECT_EQ(gateway.all("Encounter")[0].root()["status"].value(), "entered-in-error");
  EXPECT_FALSE(gateway.is_paused(patient));
}

TEST_F(Change, a_corrected_discharge_ends_the_stay_at_the_corrected_time_with_one_task) {
  gateway.enrolled_patient();
  gateway.receive(gateway.letter("LOG_INNLAGT", 1));
  gateway.receive(gateway.letter("LOG_UTSKREVET", 2, "2026-11-21T12:00:00"));
  auto change = gateway.letter("LOG_UTSKREVET", 3, "2026-11-21T15:00:00");
  change.status = "M", change.parent = uuid(2);
  gateway.receive(change);
  ASSERT_EQ(gateway.all("Encounter").size(), 1u);
  EXPECT_EQ(gateway.all("Encounter")[0].root()["period"]["end"].value(), "2026-11-21T15:00:00+01:00");
  const auto tasks = gateway.tasks("resume");
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].root()["status"].value(), "cancelled");
  EXPECT_EQ(tasks[1].root()["status"].value(), "requested");
}

// HIS 1144:2014 §1, §4.3.
TEST_F(Change, an_early_warning_is_no_referral_and_makes_nobody) {
  const Sent warning{kReferral, 1, "N", {}, "1"};
  const auto refused = receive(warning);
  EXPECT_THAT(gateway.all("Patient"), IsEmpty());
  EXPECT_EQ(gateway.get("Communication", refused).root()["status"].value(), "not-done");

  gateway.patient(fixture_patient());
  const Sent again{kReferral, 2, "N", {}, "1"};
  receive(again);
  EXPECT_THAT(gateway.tasks("receive-referral"), IsEmpty());
  ASSERT_EQ(gateway.tasks("information").size(), 1u);
  EXPECT_THAT(std::string(gateway.tasks("information")[0].root()["description"].value()),
              HasSubstr("Varsel om innlagt pasient"));
  for (const auto& request : gateway.all("ServiceRequest")) {
    EXPECT_NE(request.root()["intent"].value(), "order");
    EXPECT_FALSE(request.root()["category"]);
  }
}

TEST_F(Change, updated_information_takes_the_place_of_the_early_warning) {
  gateway.patient(fixture_patient());
  receive({kReferral, 1, "N", {}, "1"});
  const auto warned = count(in_force());
  receive(referral(2, "N", {1}));
  EXPECT_EQ(count(in_force()), warned);
  EXPECT_EQ(gateway.tasks("information")[0].root()["status"].value(), "cancelled");
  EXPECT_EQ(gateway.tasks("receive-referral").size(), 1u);
}

}  // namespace
}  // namespace varde::messaging::test
