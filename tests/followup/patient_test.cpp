/// Whose a reading is: one Patient per identity number, one answer for compartment, follow-up and index, and nothing
/// that reaches nobody.
#include <gmock/gmock.h>

#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kNumber = "13116900216";
constexpr std::string_view kFnrSystem = "urn:oid:2.16.578.1.12.4.1.4.1";

std::string numbered(std::string_view extra = "") {
  return patient(R"(,"identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13116900216"}])" +
                 std::string(extra));
}
std::string link(std::string_view type, const std::string& other) {
  return R"(,"link":[{"other":{"reference":"Patient/)" + other + R"("},"type":")" + std::string(type) + R"("}])";
}
std::string by_number() {
  return R"({"identifier":{"system":")" + std::string(kFnrSystem) + R"(","value":")" + std::string(kNumber) + R"("}})";
}

class Whose : public FollowUpTest {
 protected:
  std::vector<fhir::Tree> technical() {
    auto found = world.all("Task");
    std::erase_if(found, [](const auto& tree) { return tree.root()["code"]["coding"]["code"].value() != "technical"; });
    return found;
  }
  std::string text_of(const fhir::Tree& task) { return std::string(task.root()["description"].value()); }
  void enrol(const std::string& id) {
    world.create(enrolment(id));
    world.create(plan(id, "2708-6", kSpO2Limits));
  }
};

TEST_F(Whose, a_second_patient_with_the_same_identity_number_is_refused_and_nobody_is_named) {
  const auto first = world.create(numbered());
  const auto second = world.try_create(numbered());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::resource_conflict);
  EXPECT_EQ(row_of(second.error().fault).http_status, 409);
  EXPECT_THAT(second.error().diagnostics, Not(HasSubstr(first)));
  EXPECT_THAT(second.error().diagnostics, Not(HasSubstr(std::string(kNumber))));
  const auto other = world.create(patient());
  EXPECT_EQ(world.try_update(numbered(), other).error().fault, Fault::resource_conflict);
  world.update(numbered(R"(,"gender":"female")"), first);  // its own number is no clash
  world.remove("Patient", first);
  EXPECT_TRUE(world.try_create(numbered()));
}

TEST_F(Whose, a_birth_number_written_as_a_d_number_is_the_same_number) {
  world.create(numbered());
  const auto as_d_number =
      world.try_create(patient(R"(,"identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.2","value":"13116900216"}])"));
  ASSERT_FALSE(as_d_number);
  EXPECT_EQ(as_d_number.error().fault, Fault::resource_conflict);
}

TEST_F(Whose, thousands_of_links_hold_nobody_up) {
  const auto links = [](std::string_view type) {
    std::string json = R"(,"link":[)";
    for (int i = 0; i < 5000; ++i)
      json += std::string(i ? "," : "") + R"({"other":{"reference":"Patient/x)" + std::to_string(i) + R"("},"type":")" +
              std::string(type) + R"("})";
    return json + "]";
  };
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(world.try_create(patient(links("seealso"))));
  const auto replacing = world.try_create(patient(links("replaces")));
  ASSERT_FALSE(replacing);
  EXPECT_EQ(replacing.error().fault, Fault::too_costly);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20)) << "it took minutes";
}

TEST_F(Whose, a_link_says_which_of_two_survives) {
  const auto old = world.create(numbered());
  const auto survivor = world.create(numbered(link("replaces", old)));
  enrol(survivor);
  const auto id = world.create(observation("", {.subject = by_number()}));
  EXPECT_EQ(level(id), "red");
  EXPECT_EQ(tasks("alert").size(), 1u);
  // Once the link goes, the two clash again.
  EXPECT_EQ(world.try_update(numbered(), survivor).error().fault, Fault::resource_conflict);
}

TEST_F(Whose, a_replaced_patient_hands_its_follow_up_to_the_survivor) {
  const auto survivor = world.create(numbered());
  const auto first = spo2("82");
  world.update(patient(link("replaced-by", survivor)), kari);
  EXPECT_EQ(world.all("Task")[0].root()["for"]["reference"].value(), "Patient/" + survivor);
  for (const auto& subject : {std::string(), by_number()}) {
    const auto id = world.create(observation(kari, {.value = "81", .subject = subject}));
    EXPECT_EQ(level(id), "red");
    const auto found = world.all("Task");
    EXPECT_EQ(found.back().root()["for"]["reference"].value(), "Patient/" + survivor);
  }
  EXPECT_EQ(world.red_alerts.back().patient_id, survivor);
  EXPECT_EQ(world.measurements(survivor, "http://loinc.org|2708-6").size(), 3u);
  world.act([&](auto& act) { return pause(act, survivor, "ferie"); });
  EXPECT_EQ(world.read("EpisodeOfCare", episode).root()["status"].value(), "onhold");
  world.act([&](auto& act) { return resume(act, survivor); });
  // Taken back, each has its own again.
  world.update(patient(), kari);
  EXPECT_EQ(world.measurements(kari, "http://loinc.org|2708-6").size(), 2u);
  EXPECT_EQ(world.measurements(survivor, "http://loinc.org|2708-6").size(), 1u);
  EXPECT_EQ(level(spo2("80")), "red");
  EXPECT_EQ(world.all("Task").back().root()["for"]["reference"].value(), "Patient/" + kari);
}

TEST_F(Whose, links_that_form_a_circle_are_refused) {
  const auto other = world.create(patient(link("replaced-by", kari)));
  const auto circle = world.try_update(patient(link("replaced-by", other)), kari);
  ASSERT_FALSE(circle);
  EXPECT_EQ(circle.error().fault, Fault::business_rule);
}

TEST_F(Whose, a_patient_who_is_followed_up_is_not_deleted) {
  const auto removed = world.repository().write(
      [&](interaction::Act& act) { return act.remove(fhir::find_resource_type("Patient"), kari); });
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().fault, Fault::resource_conflict);
  world.act([&](auto& act) { return end(act, kari, ""); });
  world.remove("Patient", kari);
}

TEST_F(Whose, a_patient_of_another_server_is_not_ours_whatever_the_id) {
  const auto id =
      world.create(observation("", {.subject = R"({"reference":"https://other.example/fhir/Patient/)" + kari + "\"}"}));
  EXPECT_EQ(level(id), "grey");
  EXPECT_TRUE(tasks("alert").empty());
  EXPECT_TRUE(world.measurements(kari, "http://loinc.org|2708-6").empty());
  ASSERT_EQ(technical().size(), 1u);
  EXPECT_THAT(text_of(technical()[0]), HasSubstr("annen server"));
}

TEST_F(Whose, what_cannot_be_bound_raises_one_task_per_sender_and_identity) {
  const std::string_view subjects[] = {
      R"({"reference":"Patient/unknown"})",
      R"({"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13116900216"}})", R"({"display":"Kari"})",
      R"({"reference":"urn:uuid:11111111-1111-4111-8111-111111111111"})"};
  for (int i = 0; i < 3; ++i)
    for (const auto subject : subjects) world.create(observation("", {.subject = std::string(subject)}));
  EXPECT_EQ(technical().size(), 4u);
  world.create(
      observation("", {.extra = R"("device":{"display":"Oksymeter 7"},)", .subject = std::string(subjects[1])}));
  ASSERT_EQ(technical().size(), 5u);
  EXPECT_THAT(text_of(technical()[4]), HasSubstr("Oksymeter 7"));
  for (const auto& task : technical()) EXPECT_THAT(text_of(task), Not(HasSubstr("13116900216")));
  world.create(R"({"resourceType":"Observation","status":"final","code":{"text":"uten pasient"},"valueString":"x"})");
  EXPECT_EQ(technical().size(), 5u);  // nobody's, of nobody: as the third
}

TEST_F(Whose, nothing_is_asked_about_a_group_test_data_or_an_error) {
  world.create(observation("", {.subject = R"({"reference":"Group/1"})"}));
  world.create(observation("", {.status = "entered-in-error", .subject = R"({"display":"Kari"})"}));
  world.create(observation(
      "",
      {.extra =
           R"("meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HTEST"}]},)",
       .subject = R"({"display":"Kari"})"}));
  EXPECT_TRUE(technical().empty());
}

TEST_F(Whose, a_reading_is_bound_and_judged_when_its_patient_comes) {
  const auto waiting = world.create(observation("", {.subject = by_number()}));
  EXPECT_EQ(level(waiting), "grey");
  ASSERT_EQ(technical().size(), 1u);
  world.update(numbered(), kari);
  EXPECT_EQ(level(waiting), "red");
  EXPECT_EQ(tasks("alert"), Words{"requested/asap"});
  EXPECT_EQ(technical()[0].root()["status"].value(), "completed");
  EXPECT_EQ(world.measurements(kari, "http://loinc.org|2708-6").size(), 1u);
}

TEST_F(Whose, limits_and_enrolment_that_came_before_their_patient_count_when_it_comes) {
  world.create(enrolment("ola"));
  world.create(plan("ola", "2708-6", kSpO2Limits));
  EXPECT_EQ(level(world.create(observation("ola", {}))), "red");
  EXPECT_EQ(tasks("alert").size(), 1u);
  const auto early = world.create(observation("nina", {}));
  EXPECT_EQ(level(early), "grey");
  world.create(plan("nina", "2708-6", kSpO2Limits));
  world.create(patient(), "nina");
  EXPECT_EQ(level(early), "red");
  EXPECT_EQ(technical()[0].root()["status"].value(), "completed");
}

TEST_F(Whose, a_reading_that_moves_to_another_patient_takes_its_alert_along) {
  const auto id = spo2("82");
  const auto ola = world.create(patient());
  enrol(ola);
  world.update(observation(ola, {}), id);
  const auto found = world.all("Task");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].root()["status"].value(), "cancelled");
  EXPECT_EQ(found[1].root()["for"]["reference"].value(), "Patient/" + ola);
  EXPECT_TRUE(world.measurements(kari, "http://loinc.org|2708-6").empty());
}

}  // namespace
}  // namespace varde::followup::test
