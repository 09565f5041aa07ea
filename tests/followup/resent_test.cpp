/// A reading that was sent again is one reading: one Task, one row; and it is not lost with the first.
#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

class Resent : public FollowUpTest {
 protected:
  static constexpr std::string_view kOximeter = R"("device":{"reference":"Device/oximeter"},)";
  std::string by(std::string_view device, Reading reading = {}) {
    auto json = observation(kari, reading);
    return json.insert(1, device);
  }
  std::string send(std::string_view device, Reading reading = {}) {
    return world.create(by(device, std::move(reading)));
  }
  std::size_t rows() { return world.measurements(kari, "http://loinc.org|2708-6").size(); }
};

TEST_F(Resent, is_one_reading_with_one_task) {
  send(kOximeter), send(kOximeter);
  EXPECT_EQ(tasks("alert").size(), 1u);
  EXPECT_EQ(world.all("DetectedIssue").size(), 1u);
  EXPECT_EQ(world.all("Observation").size(), 2u) << "stored like any other";
  EXPECT_EQ(rows(), 1u);
}

TEST_F(Resent, is_known_by_its_identifier_too) {
  const std::string identifier = R"("identifier":[{"system":"urn:vendor","value":"4711"}],)";
  send(identifier), send(identifier);
  EXPECT_EQ(tasks("alert").size(), 1u);
}

TEST_F(Resent, of_a_day_is_known_by_its_identifier_whenever_it_comes) {
  const std::string identifier = R"("identifier":[{"system":"urn:vendor","value":"4711"}],)";
  const auto first = send(identifier, {.time = "2026-11-22"});
  world.pass(std::chrono::hours{1});
  send(identifier, {.time = "2026-11-22"});
  EXPECT_EQ(tasks("alert").size(), 1u);
  EXPECT_EQ(rows(), 1u);
  world.update(by(identifier, {.status = "entered-in-error", .time = "2026-11-22"}), first);
  EXPECT_EQ(tasks("alert"), (Words{"cancelled/asap", "requested/asap"})) << "the copy is the reading from now on";
}

TEST_F(Resent, is_not_what_the_same_device_measured_on_the_same_day) {
  send(kOximeter, {.time = "2026-11-21"}), send(kOximeter, {.time = "2026-11-21"});
  EXPECT_EQ(tasks("alert").size(), 2u) << "it may be the same value twice";
  EXPECT_EQ(rows(), 2u);
}

TEST_F(Resent, is_not_what_differs_in_device_time_or_value) {
  send(kOximeter);
  send(R"("device":{"reference":"Device/another"},)");
  send(kOximeter, {.time = "2026-11-22T07:31:00Z"});
  send(kOximeter, {.value = "81"});
  send(kOximeter, {.status = "preliminary"});
  send(""), send("");
  EXPECT_EQ(tasks("alert").size(), 6u);
  EXPECT_EQ(rows(), 6u);
}

TEST_F(Resent, changes_nothing_when_the_copy_is_withdrawn) {
  send(kOximeter);
  const auto copy = send(kOximeter);
  world.update(by(kOximeter, {.status = "entered-in-error"}), copy);
  EXPECT_EQ(tasks("alert"), (Words{"requested/asap"}));
  EXPECT_EQ(rows(), 1u);
}

TEST_F(Resent, takes_over_when_the_first_is_withdrawn_or_deleted) {
  const auto first = send(kOximeter);
  const auto copy = send(kOximeter), third = send(kOximeter);
  world.update(by(kOximeter, {.status = "entered-in-error"}), first);
  EXPECT_EQ(tasks("alert"), (Words{"cancelled/asap", "requested/asap"}));
  EXPECT_EQ(rows(), 1u);
  world.remove("Observation", copy);
  EXPECT_EQ(tasks("alert"), (Words{"cancelled/asap", "cancelled/asap", "requested/asap"}));
  world.update(by(kOximeter, {.status = "entered-in-error"}), third);
  EXPECT_EQ(tasks("alert"), (Words{"cancelled/asap", "cancelled/asap", "cancelled/asap"}));
  EXPECT_EQ(rows(), 0u);
}

TEST_F(Resent, is_a_reading_of_its_own_once_it_is_corrected) {
  send(kOximeter);
  const auto copy = send(kOximeter);
  world.update(by(kOximeter, {.status = "corrected"}), copy);
  EXPECT_EQ(tasks("alert").size(), 1u);
  world.update(by(kOximeter, {.value = "72", .status = "corrected"}), copy);
  EXPECT_EQ(tasks("alert").size(), 2u);
  EXPECT_EQ(rows(), 2u);
}

}  // namespace
}  // namespace varde::followup::test
