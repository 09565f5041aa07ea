// The right to erasure reaches what was refused, too: it is in nobody's record (HIS 80415:2012 §3.3.4), and yet tells
// of the patient whom it names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/messaging/reception.h"
#include "server/messaging/refused.h"
#include "server/storage/erasure.h"
#include "tests/messaging/support/gateway.h"
#include "tests/messaging/support/letters.h"

namespace varde::messaging::test {
namespace {

using storage::InboxState;

/// As a program writes it that knows no other encoding: two bytes a character, little end first. `utf8`: Latin letters.
std::string in_utf16(std::string_view utf8) {
  std::string out = "\xFF\xFE";
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    unsigned character = static_cast<unsigned char>(utf8[at]);
    if (character >= 0xC0) character = (character & 0x1F) << 6 | (static_cast<unsigned char>(utf8[++at]) & 0x3F);
    out += static_cast<char>(character & 0xFF), out += static_cast<char>(character >> 8);
  }
  return out;
}

std::string malformed(const std::string& xml) {
  return replaced(xml, "<Anslag>false</Anslag>", "<Anslag>nei</Anslag>");
}

class Refused : public testing::Test {
 protected:
  demo::Letter letter(int n, const demo::Person& about, const std::string& type = "LOG_INNLAGT") {
    auto letter = gateway.letter(type, n);
    letter.patient = about;
    return letter;
  }
  std::vector<std::int64_t> about(const std::string& patient) {
    return gateway.repository->read(
        [&](const interaction::View& view) { return refused_about(view, view.patient_key(patient)); });
  }
  void erase(const std::string& patient) {
    ASSERT_TRUE(gateway.repository->write([&](interaction::Act& act) -> Result<void> {
      const auto key = act.patient_key(patient);
      if (auto done = erase_refused(act, refused_about(act, key)); !done) return done;
      storage::erasure::erase(act, key);
      return {};
    }));
  }
  bool is_kept(std::int64_t number) {
    return gateway.repository->read([&](const interaction::View& view) {
      const bool kept = storage::inbox::head(view, number).has_value();
      const auto story = view.tree(fhir::find_resource_type("Communication"), communication_id_of(number));
      EXPECT_EQ(kept, story.has_value()) << number;
      return kept;
    });
  }

  Gateway gateway;
};

TEST_F(Refused, is_erased_with_the_patient_whom_it_names_and_no_other) {
  const auto person = demo::copd_patient();
  const auto before = gateway.receive(demo::write(letter(1, person)));  // E35: nobody knows the patient yet
  ASSERT_EQ(gateway.inbox(before.number).state, InboxState::refused);
  const auto patient = gateway.patient(person);
  const auto other = gateway.patient(demo::unknown_patient());
  const auto wrong = gateway.receive(malformed(demo::write(letter(2, person))));
  const auto wide = gateway.receive(in_utf16(replaced(malformed(demo::write(letter(3, person))), "UTF-8", "UTF-16")));
  const auto broken = gateway.receive(replaced(demo::write(letter(4, person)), "</MsgHead>", ""));
  const auto others = gateway.receive(malformed(demo::write(letter(5, demo::unknown_patient()))));
  const auto taken = gateway.receive(demo::write(letter(6, person)));
  for (const auto* each : {&before, &wrong, &wide, &broken, &others})
    ASSERT_EQ(gateway.inbox(each->number).state, InboxState::refused) << each->number;
  ASSERT_EQ(gateway.inbox(taken.number).state, InboxState::processed);

  EXPECT_THAT(about(patient), testing::ElementsAre(before.number, wrong.number, wide.number, broken.number));
  EXPECT_THAT(about(other), testing::ElementsAre(others.number));
  erase(patient);
  for (const auto* each : {&before, &wrong, &wide, &broken, &taken})
    EXPECT_FALSE(is_kept(each->number)) << each->number;
  EXPECT_TRUE(is_kept(others.number));
}

TEST_F(Refused, under_a_used_message_id_goes_with_its_own_patient) {
  const auto patient = gateway.patient(demo::copd_patient());
  const auto other = gateway.patient(demo::unknown_patient());
  const auto first = gateway.receive(demo::write(letter(1, demo::copd_patient())));
  const auto again = gateway.receive(demo::write(letter(1, demo::copd_patient())));
  const auto reused = gateway.receive(demo::write(letter(1, demo::unknown_patient())));
  ASSERT_EQ(gateway.inbox(reused.number).state, InboxState::duplicate);
  EXPECT_TRUE(about(patient).empty()) << "a repetition goes with the first";
  EXPECT_THAT(about(other), testing::ElementsAre(reused.number));
  erase(other);
  gateway.repository->read([&](const interaction::View& view) {
    EXPECT_TRUE(storage::inbox::get(view, first.number));
    EXPECT_TRUE(storage::inbox::get(view, again.number));
    EXPECT_FALSE(storage::inbox::head(view, reused.number));
    return 0;
  });
}

}  // namespace
}  // namespace varde::messaging::test
