// Holds us to issue section 4, HIS 1144:2014 and HISD 1154:2018: a referral in, changed, and taken back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/messaging/names.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

class Referral : public testing::Test {
 protected:
  demo::Letter letter(int n) {
    auto made = gateway.letter("HELSEOPPL_SOKNAD", n);
    made.patient = demo::unknown_patient();
    return made;
  }
  Gateway gateway;
};

TEST_F(Referral, makes_the_patient_a_service_request_a_task_and_keeps_the_original) {
  const auto xml = demo::write(letter(1));
  const auto receipt = gateway.receive(xml);
  ASSERT_EQ(gateway.all("Patient").size(), 1u);
  const auto patients = gateway.all("Patient");
  const auto patient = "Patient/" + std::string(patients[0].root()["id"].value());
  const auto requests = gateway.all("ServiceRequest");
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].root()["subject"]["reference"].value(), patient);
  const auto tasks = gateway.tasks("receive-referral");
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks[0].root()["focus"]["reference"].value(),
            "ServiceRequest/" + std::string(requests[0].root()["id"].value()));
  EXPECT_EQ(tasks[0].root()["for"]["reference"].value(), patient);
  EXPECT_EQ(gateway.all("DocumentReference").size(), 1u);
  ASSERT_EQ(gateway.all("Binary").size(), 1u);
  EXPECT_EQ(gateway.inbox(receipt.number).bytes, xml);
  EXPECT_EQ(gateway.outbox("APPREC").size(), 1u);
  for (const char* type : {"Patient", "ServiceRequest", "DocumentReference", "Binary", "Communication", "Task"})
    for (const auto& tree : gateway.all(type)) expect_valid(tree.root());
}

TEST_F(Referral, a_second_one_about_the_same_person_makes_no_second_patient) {
  gateway.receive(letter(1));
  gateway.receive(letter(2));
  EXPECT_EQ(gateway.all("Patient").size(), 1u);
  EXPECT_EQ(gateway.tasks("receive-referral").size(), 2u);
}

TEST_F(Referral, a_change_gives_the_same_service_request_a_new_version_and_keeps_one_task) {
  gateway.receive(letter(1));
  auto change = letter(2);
  change.status = "M", change.parent = uuid(1), change.text = "Endret: også hjertesvikt.";
  gateway.receive(change);
  const auto requests = gateway.all("ServiceRequest");
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].root()["meta"]["versionId"].value(), "2");
  EXPECT_EQ(gateway.tasks("receive-referral").size(), 1u);
  expect_valid(requests[0].root());
}

TEST_F(Referral, a_change_that_overtakes_its_original_stays_in_force) {
  auto change = letter(2);
  change.status = "M", change.parent = uuid(1), change.text = "Endret";
  gateway.receive(change);
  gateway.receive(letter(1));
  ASSERT_EQ(gateway.all("ServiceRequest").size(), 1u);
  EXPECT_EQ(gateway.all("ServiceRequest")[0].root()["meta"]["versionId"].value(), "1");
  EXPECT_EQ(gateway.tasks("receive-referral").size(), 1u);
  EXPECT_EQ(gateway.outbox("APPREC").size(), 2u);
}

TEST_F(Referral, a_cancellation_takes_back_the_change_too_and_withdraws_the_untouched_task) {
  gateway.receive(letter(1));
  auto change = letter(2);
  change.status = "M", change.parent = uuid(1);
  gateway.receive(change);
  auto cancel = letter(3);
  cancel.status = "C", cancel.parent = uuid(2), cancel.conversation = uuid(1);
  gateway.receive(cancel);
  EXPECT_EQ(gateway.all("ServiceRequest")[0].root()["status"].value(), "entered-in-error");
  EXPECT_EQ(gateway.tasks("receive-referral")[0].root()["status"].value(), "cancelled");
}

TEST_F(Referral, a_cancelled_referral_that_somebody_works_on_is_left_to_that_person) {
  gateway.receive(letter(1));
  auto tasks = gateway.tasks("receive-referral");
  tasks[0].edit().set("status", "in-progress");
  const std::string id(tasks[0].root()["id"].value());
  ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) { return act.update(tasks[0].edit(), id); }));
  auto cancel = letter(2);
  cancel.status = "C", cancel.parent = uuid(1);
  gateway.receive(cancel);
  EXPECT_EQ(gateway.tasks("receive-referral")[0].root()["status"].value(), "in-progress");
  EXPECT_EQ(gateway.tasks("information").size(), 1u);
}

TEST_F(Referral, without_identity_number_a_new_patient_is_made_and_never_guessed_by_name) {
  auto nameless = letter(1);
  nameless.patient.number.clear();
  gateway.patient(demo::unknown_patient());
  gateway.receive(nameless);
  EXPECT_EQ(gateway.all("Patient").size(), 2u);
}

}  // namespace
}  // namespace varde::messaging::test
