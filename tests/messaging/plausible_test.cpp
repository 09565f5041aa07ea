// Holds us to HIS 80601:2006 (GenDate) and HIS 1153-2:2016 (HER-id): what the schema lets pass and cannot be is
// refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mappings/message.h"
#include "tests/messaging/support/bare.h"
#include "tests/messaging/support/gateway.h"
#include "tests/messaging/support/letters.h"

namespace varde::messaging::test {
namespace {

using testing::HasSubstr;

class Plausible : public testing::Test {
 protected:
  /// "OK", or code and detail of the first error.
  std::string answer_to(const std::string& xml) {
    gateway.start_over();
    patient = gateway.enrolled_patient();
    gateway.receive(xml);
    const auto answers = gateway.outbox("APPREC");
    if (answers.size() != 1) return "none";
    const auto apprec = mappings::read_apprec(mappings::read_message(answers[0].bytes));
    return apprec->errors.empty() ? "OK" : apprec->errors[0].code + " " + apprec->errors[0].detail;
  }
  std::string generated(std::string_view when) {
    auto letter = gateway.letter("LOG_INNLAGT", 1);
    letter.generated = when;
    return answer_to(demo::write(letter));
  }
  std::string sent_by(const std::string& her_id) {
    auto letter = gateway.letter("LOG_INNLAGT", 1);
    letter.sender.department_her = her_id;
    return answer_to(demo::write(letter));
  }
  Gateway gateway;
  std::string patient;
};

TEST_F(Plausible, refuses_a_time_of_generation_that_cannot_be_and_names_the_element) {
  for (const char* when :
       {"2199-01-01T10:00:00", "1970-01-01T00:00:00", "1999-12-31T23:00:00", "0001-01-01T00:00:00"}) {
    SCOPED_TRACE(when);
    const auto answer = generated(when);
    EXPECT_THAT(answer, testing::StartsWith("X99 Meldingens tidspunkt"));
    EXPECT_THAT(answer, HasSubstr("/MsgHead/MsgInfo/GenDate | GenDate cannot"));
    EXPECT_FALSE(gateway.is_paused(patient));
  }
}

TEST_F(Plausible, takes_what_was_written_long_ago_and_what_a_clock_is_wrong_by) {
  EXPECT_EQ(generated("2004-05-01T10:00:00"), "OK");
  EXPECT_EQ(generated("2026-11-20T10:00:00"), "OK");
}

TEST_F(Plausible, refuses_a_her_id_that_cannot_be) {
  for (const char* her_id : {"abc", "0", "000", "12345678901", "-5"}) {
    SCOPED_TRACE(her_id);
    const auto answer = sent_by(her_id);
    EXPECT_THAT(answer, testing::StartsWith("X99 HER-id"));
    EXPECT_THAT(answer, HasSubstr("/MsgHead/MsgInfo/Sender | A HER-id"));
    EXPECT_FALSE(gateway.is_paused(patient));
  }
  EXPECT_EQ(sent_by("910 110"), "OK");
  EXPECT_EQ(sent_by("1234567890"), "OK");
}

TEST_F(Plausible, refuses_a_report_from_before_msghead_likewise) {
  const auto xml = lab_report({}, "NPU19748", "4", "mg/L");
  const auto at = xml.find("<GenDate V=\"") + 12;
  auto late = xml;
  late.replace(at, 4, "2199");
  EXPECT_THAT(answer_to(late), HasSubstr("/Message/GenDate"));
}

}  // namespace
}  // namespace varde::messaging::test
