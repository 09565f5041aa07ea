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

TEST_F(WithoutMsgHead, bad_input_is_refused_with_the_right_code_and_bounded) {
  gateway.enrolled_patient();
  const auto good = lab_report({}, "NPU19748", "4", "mg/L");
  const auto after = [&](std::string_view what, std::string_view with) {
    auto text = good;
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), with);
  };
  std::string deep = good;
  deep.insert(deep.find("<ResultItem>"), [] {
    std::string nested;
    for (int i = 0; i < 300; ++i) nested += "<ResultItem>";
    for (int i = 0; i < 300; ++i) nested += "</ResultItem>";
    return nested;
  }());
  struct Bad {
    std::string what, xml, code;
  };
  const std::string with_attachment =
      after("<ServReq>",
            R"(<RefDoc><MsgType V="A"/><MimeType>application/pdf</MimeType><Content><Base64Container )"
            R"(xmlns="http://www.kith.no/xmlstds/base64container">%%%</Base64Container></Content></RefDoc><ServReq>)");
  const std::vector<Bad> all{
      {"document type", after("<Message ", "<!DOCTYPE Message [<!ENTITY a \"aaaa\">]><Message "), "T01"},
      {"another encoding than it says", after("UTF-8", "UTF-16"), "T01"},
      {"bytes that are not UTF-8", after("Fjellvik", "Fj\xE5llvik"), "T01"},
      {"too deep", deep, "T01"},
      {"base64 that is none", with_attachment, "T02"},
      {"an attachment nobody can show",
       [&] {
         auto text = with_attachment;
         text.replace(text.find("application/pdf"), 15, "application/zip");
         return text.replace(text.find("%%%"), 3, "AAAA");
       }(),
       "X99"},
      {"a MsgId that is no UUID", after(uuid(1), "prøve-1"), "E10"},
      {"an unknown version", after("labsvar/2012-02-15", "labsvar/1999-01-01"), "T10"},
      {"wrong control digits", after("<OffId>12854830013", "<OffId>12854830014"), ""}};
  for (const auto& bad : all) {
    const auto message = mappings::read_message(bad.xml);
    const auto errors = mappings::apprec_errors(message);
    if (bad.code.empty()) {  // name, date of birth and sex are enough without a number
      EXPECT_TRUE(message.acceptable()) << bad.what;
      continue;
    }
    ASSERT_FALSE(errors.empty()) << bad.what;
    EXPECT_EQ(errors[0].code, bad.code) << bad.what << " " << errors[0].detail;
    const auto receipt = gateway.receive(bad.xml);
    EXPECT_NE(gateway.inbox(receipt.number).state, storage::InboxState::processed) << bad.what;
  }
  EXPECT_TRUE(gateway.all("Observation").empty());
  for (const auto& line : gateway.log) EXPECT_THAT(line, testing::Not(testing::HasSubstr("12854830013")));
}

TEST_F(WithoutMsgHead, the_same_report_twice_has_one_effect) {
  gateway.enrolled_patient();
  gateway.receive(lab_report({}, "NPU19748", "4", "mg/L"));
  EXPECT_TRUE(gateway.receive(lab_report({}, "NPU19748", "4", "mg/L")).duplicate);
  EXPECT_EQ(gateway.all("Observation").size(), 1u);
  EXPECT_EQ(gateway.outbox("APPREC").size(), 1u);
}

TEST_F(WithoutMsgHead, a_report_that_a_person_connects_is_judged_then) {
  const auto patient = gateway.enrolled_patient();
  auto stranger = demo::copd_patient();
  stranger.number = "12854830014";  // wrong control digits: nobody's number
  const auto receipt = gateway.receive(lab_report({.patient = stranger}, "NPU03011", "80", "%"));
  EXPECT_TRUE(gateway.all("Observation").empty());
  const auto linked = gateway.repository->write(
      [&](interaction::Act& act) { return gateway.messaging->link(act, receipt.communication_id, patient); });
  ASSERT_TRUE(linked) << linked.error().diagnostics;
  const auto observations = gateway.all("Observation");
  ASSERT_EQ(observations.size(), 1u);
  EXPECT_EQ(observations[0].root()["subject"]["reference"].value(), "Patient/" + patient);
  EXPECT_EQ(gateway.all("DiagnosticReport").size(), 1u);
}

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
