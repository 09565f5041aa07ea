// Holds us to issue 11: laboratory reports, discharge letters and referrals without MsgHead, received with their
// effect, changed and taken back in every order of arrival. Sources: HIS 80822, 80226, 80517:2014; HISD 1154:2018 §4.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "mappings/message.h"
#include "server/messaging/names.h"
#include "tests/messaging/support/bare.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

class WithoutMsgHead : public testing::Test {
 protected:
  /// Statuses of the current resources of that type, oldest first.
  std::vector<std::string> statuses(std::string_view type) {
    std::vector<std::string> all;
    for (const auto& tree : gateway.all(type)) {
      bool planned = type == "ServiceRequest";  // the patient's plan has some of its own
      for (const auto each : tree.root().each("identifier")) planned &= each["system"].value() != names::kMessage;
      if (!planned) all.emplace_back(tree.root()["status"].value());
    }
    return all;
  }
  mappings::AppRecStatus last_answer() {
    const auto rows = gateway.outbox("APPREC");
    return mappings::read_apprec(mappings::read_message(rows.back().bytes))->status;
  }
  Gateway gateway;
};

TEST_F(WithoutMsgHead, a_laboratory_result_is_judged_by_the_patients_limits_as_every_measurement) {
  const auto patient = gateway.enrolled_patient();
  const auto before = gateway.tasks("red-alert").size();
  gateway.receive(lab_report({}, "NPU03011", "80", "%"));
  const auto observations = gateway.all("Observation");
  ASSERT_EQ(observations.size(), 1u);
  EXPECT_EQ(observations[0].root()["subject"]["reference"].value(), "Patient/" + patient);
  EXPECT_EQ(observations[0].root()["effectiveDateTime"].value(), "2026-11-20T08:00:00+01:00");
  bool coloured = false;
  for (const auto tag : observations[0].root()["meta"].each("tag")) coloured |= tag["code"].value() == "red";
  EXPECT_TRUE(coloured);
  EXPECT_GE(gateway.tasks("red-alert").size(), before);
  EXPECT_EQ(last_answer(), mappings::AppRecStatus::ok);
  for (const char* type : {"Observation", "DiagnosticReport", "Specimen", "Communication", "DocumentReference"}) {
    EXPECT_EQ(gateway.all(type).size(), 1u) << type;
    for (const auto& tree : gateway.all(type)) expect_valid(tree.root());
  }
}

TEST_F(WithoutMsgHead, a_deviating_result_is_urgent_and_others_are_not) {
  gateway.enrolled_patient();
  gateway.receive(lab_report({.n = 1, .document = "a"}, "NPU19748", "4", "mg/L"));
  gateway.receive(lab_report({.n = 2, .document = "b"}, "NPU19748", "250", "mg/L", "1"));
  const auto tasks = gateway.tasks("information");
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].root()["priority"].value(), "routine");
  EXPECT_EQ(tasks[1].root()["priority"].value(), "urgent");
}

TEST_F(WithoutMsgHead, an_unknown_patient_is_refused_but_for_a_referral) {
  gateway.receive(lab_report({}, "NPU19748", "4", "mg/L"));
  EXPECT_EQ(last_answer(), mappings::AppRecStatus::refused);
  EXPECT_TRUE(gateway.all("Observation").empty());
  gateway.receive(referral({.n = 2}));
  EXPECT_EQ(last_answer(), mappings::AppRecStatus::ok);
  EXPECT_EQ(gateway.all("Patient").size(), 1u);
}

TEST_F(WithoutMsgHead, a_change_of_a_report_replaces_it) {
  gateway.enrolled_patient();
  gateway.receive(lab_report({.n = 1}, "NPU19748", "250", "mg/L"));
  gateway.receive(lab_report({.n = 2, .status = "M"}, "NPU19748", "25", "mg/L"));
  EXPECT_THAT(statuses("DiagnosticReport"), testing::ElementsAre("entered-in-error", "corrected"));
  EXPECT_THAT(statuses("Observation"), testing::ElementsAre("entered-in-error", "final"));
}

/// Every order in which an original, its change and its cancellation can come, for each of the types.
struct Kind {
  std::string name, resource;
  std::string (*write)(const Bare&);
};
void PrintTo(const Kind& which, std::ostream* out) { *out << which.name; }

class InEveryOrder : public WithoutMsgHead, public testing::WithParamInterface<Kind> {
 protected:
  void expect_nothing_in_force(const std::string& order) {
    for (const std::string& type : {GetParam().resource, std::string("Composition"), std::string("Encounter"),
                                    std::string("Observation"), std::string("MedicationStatement")})
      for (const auto& status : statuses(type)) EXPECT_EQ(status, "entered-in-error") << type << " " << order;
    for (const auto& condition : gateway.all("Condition"))
      EXPECT_EQ(condition.root()["verificationStatus"]["coding"]["code"].value(), "entered-in-error") << order;
    for (const auto& task : gateway.tasks("receive-referral"))
      EXPECT_EQ(task.root()["status"].value(), "cancelled") << order;
  }
};

TEST_P(InEveryOrder, what_is_cancelled_has_no_effect) {
  std::vector<std::string> order{"C", "M", "N"};  // sorted: every permutation is met
  do {
    gateway.start_over();
    gateway.enrolled_patient();
    for (const auto& status : order) {
      const int n = status == "N" ? 1 : status == "M" ? 2 : 3;
      gateway.receive(GetParam().write({.n = n, .status = status}));
      EXPECT_EQ(last_answer(), mappings::AppRecStatus::ok) << status;
    }
    expect_nothing_in_force(order[0] + order[1] + order[2]);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_P(InEveryOrder, a_change_that_came_first_stays_in_force) {
  gateway.enrolled_patient();
  gateway.receive(GetParam().write({.n = 2, .status = "M"}));
  gateway.receive(GetParam().write({.n = 1, .status = "N"}));
  std::size_t standing = 0;
  for (const auto& status : statuses(GetParam().resource)) standing += status != "entered-in-error";
  EXPECT_EQ(standing, 1u);
}

TEST_P(InEveryOrder, another_document_of_the_same_day_is_left_alone) {
  gateway.enrolled_patient();
  gateway.receive(GetParam().write({.n = 1, .status = "N", .document = "en"}));
  gateway.receive(GetParam().write({.n = 2, .status = "N", .document = "to"}));
  gateway.receive(GetParam().write({.n = 3, .status = "C", .document = "en"}));
  const auto all = statuses(GetParam().resource);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0], "entered-in-error");
  EXPECT_NE(all[1], "entered-in-error");
}

const std::vector<Kind> kKinds{
    {"report", "DiagnosticReport", [](const Bare& bare) { return lab_report(bare, "NPU19748", "250", "mg/L"); }},
    {"discharge", "Encounter", [](const Bare& bare) { return discharge_letter(bare); }},
    {"referral", "ServiceRequest", [](const Bare& bare) { return referral(bare); }}};
INSTANTIATE_TEST_SUITE_P(Types, InEveryOrder, testing::ValuesIn(kKinds),
                         [](const auto& each) { return each.param.name; });

TEST_F(WithoutMsgHead, a_discharge_letter_becomes_a_stay_a_diagnosis_and_readable_text) {
  gateway.enrolled_patient();
  gateway.receive(discharge_letter({}));
  const auto encounters = gateway.all("Encounter");
  ASSERT_EQ(encounters.size(), 1u);
  EXPECT_EQ(encounters[0].root()["status"].value(), "finished");
  EXPECT_EQ(encounters[0].root()["period"]["end"].value(), "2026-11-19T13:00:00+01:00");
  const auto conditions = gateway.all("Condition");
  ASSERT_EQ(conditions.size(), 1u);
  EXPECT_EQ(conditions[0].root()["code"]["coding"]["code"].value(), "J441");
  const auto compositions = gateway.all("Composition");
  ASSERT_EQ(compositions.size(), 1u);
  bool readable = false;
  for (const auto event : compositions[0].root().each("section"))
    for (const auto part : event.each("section"))
      readable |= part["text"]["div"].value().find("Bedre etter antibiotika.") != std::string_view::npos;
  EXPECT_TRUE(readable);
  EXPECT_EQ(gateway.tasks("information").size(), 1u);
  for (const char* type : {"Encounter", "Condition", "Composition"})
    for (const auto& tree : gateway.all(type)) expect_valid(tree.root());
}

TEST_F(WithoutMsgHead, a_referral_becomes_a_request_with_its_reason_and_a_task) {
  gateway.receive(referral({}));
  const auto requests = gateway.all("ServiceRequest");
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].root()["priority"].value(), "urgent");
  EXPECT_EQ(requests[0].root()["reasonCode"]["coding"]["code"].value(), "R95");
  EXPECT_THAT(std::string(requests[0].root()["note"]["text"].value()),
              testing::HasSubstr("Ønsker digital hjemmeoppfølging."));
  EXPECT_EQ(gateway.tasks("receive-referral").size(), 1u);
  gateway.receive(referral({.n = 2, .status = "M"}, "Haster mer."));
  const auto changed = gateway.all("ServiceRequest");
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].root()["meta"]["versionId"].value(), "2");
  EXPECT_EQ(gateway.tasks("receive-referral").size(), 1u);
}

}  // namespace
}  // namespace varde::messaging::test
