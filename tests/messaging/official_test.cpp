// Every official PLO sample and acceptance case, through the whole gateway (reference data in VARDE_REFERENCE).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "mappings/message.h"
#include "server/messaging/effect/effect.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

namespace fs = std::filesystem;

fs::path reference() {
  const char* source = std::getenv("VARDE_SOURCE");
  const char* given = std::getenv("VARDE_REFERENCE");
  return fs::path(source ? source : ".") / (given ? given : "../shared") / "kith";
}

std::vector<fs::path> official_messages() {
  std::vector<fs::path> found;
  for (const char* folder : {"samples", "acceptance"})
    for (const auto& entry : fs::recursive_directory_iterator(reference() / folder))
      if (entry.path().extension() == ".xml" && entry.path().parent_path().filename() != "apprec")
        found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Official : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(reference())) GTEST_SKIP() << "no reference data at " << reference() << ": set VARDE_REFERENCE";
    gateway.settings.addressing = Addressing::anybody;
    gateway.restart();
    gateway.enrolled_patient({"Gundersen", "Roland", "15076500565", "1965-07-15", "1"});
    gateway.enrolled_patient({"Danser", "Line", "13116900216", "1969-11-13", "2"});
  }
  Gateway gateway;
};

TEST_F(Official, every_message_reaches_its_end_with_valid_resources_and_at_most_one_answer) {
  std::size_t effects = 0;
  for (const auto& file : official_messages()) {
    const auto bytes = read(file);
    const auto message = mappings::read_message(bytes);
    const auto before = gateway.outbox("APPREC").size();
    const auto receipt = gateway.receive(bytes);
    const auto row = gateway.inbox(receipt.number);
    EXPECT_NE(row.state, storage::InboxState::received) << file;
    const bool answered = gateway.outbox("APPREC").size() == before + 1;
    const bool may_be_answered =
        row.state != storage::InboxState::duplicate && row.state != storage::InboxState::unreadable;
    EXPECT_EQ(answered, may_be_answered) << file << " " << name_of(row.state);
    EXPECT_TRUE(message.acceptable() || row.state != storage::InboxState::processed) << file;
    effects += row.state == storage::InboxState::processed;
  }
  for (const auto& line : gateway.log) EXPECT_THAT(line, testing::Not(testing::HasSubstr("our own error")));
  for (const char* type : {"Communication", "Encounter", "ServiceRequest", "DocumentReference", "Patient", "Task",
                           "Binary", "Condition", "RelatedPerson", "AllergyIntolerance", "MedicationStatement",
                           "Observation", "DiagnosticReport", "Specimen", "Composition"})
    for (const auto& tree : gateway.all(type)) expect_valid(tree.root());
  EXPECT_GT(effects, 20u);
}

TEST_F(Official, cancellation_pairs_undo_each_other_in_both_orders) {
  const auto folder = reference() / "samples/plo-1.6/pasientlogistikk_1_6_mottak";
  const auto original = read(folder / "Pasientlogistikk_Innlagt_pasient_v1-6_Ny.xml");
  const auto cancel = read(folder / "Pasientlogistikk_Innlagt_pasient_v1-6_Kansellering.xml");
  const auto patient = std::string(gateway.all("Patient")[0].root()["id"].value());
  gateway.receive(original);
  EXPECT_TRUE(gateway.is_paused(patient));
  gateway.receive(cancel);
  EXPECT_FALSE(gateway.is_paused(patient));

  Gateway reversed;
  reversed.settings.addressing = Addressing::anybody;
  reversed.restart();
  const auto other = reversed.enrolled_patient({"Gundersen", "Roland", "15076500565", "1965-07-15", "1"});
  reversed.receive(cancel);
  reversed.receive(original);
  EXPECT_FALSE(reversed.is_paused(other));
}

// Acceptance criteria 19, 20 and 21 of the kit: with and without ConversationRef, and whatever comes first.
TEST_F(Official, a_cancelled_referral_of_the_kit_leaves_nothing_active) {
  const auto folder = reference() / "acceptance/plo-ved-soknad";
  const auto original = read(folder / "Case1-Helseopplysninger_ved_soknad-v1_5.xml");
  for (const char* name : {"Case1-19", "Case1-20a"})
    for (const bool first : {false, true}) {
      gateway.start_over();
      gateway.patient({"Gundersen", "Roland", "15076500565", "1965-07-15", "1"});
      const auto cancel = read(folder / (std::string(name) + "-Helseopplysninger_ved_soknad-v1_5.xml"));
      if (first) gateway.receive(cancel);
      gateway.receive(original);
      if (!first) {
        EXPECT_GT(gateway.all("ServiceRequest").size(), 1u) << "the order and the services it proposes";
        gateway.receive(cancel);
      }
      for (const auto& request : gateway.all("ServiceRequest"))
        EXPECT_EQ(request.root()["status"].value(), "entered-in-error") << name << first;
      for (const auto& condition : gateway.all("Condition"))
        EXPECT_EQ(condition.root()["verificationStatus"]["coding"]["code"].value(), "entered-in-error")
            << name << first;
      for (const auto& task : gateway.tasks("receive-referral"))
        EXPECT_EQ(task.root()["status"].value(), "cancelled") << name << first;
    }
}

}  // namespace
}  // namespace varde::messaging::test
