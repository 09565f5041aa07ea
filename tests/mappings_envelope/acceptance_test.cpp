// The official receive kits (../shared/kith/acceptance): what each deliberate fault must be answered with.
// Sources: Akseptansetest-mottak-*.txt (criteria 2, 11-21), HIS 80415:2012 3.3.4, HITS 1168:2016.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "mappings/message.h"
#include "mappings/reader/reader.h"
#include "tests/mappings_envelope/support/reference.h"

namespace varde::mappings {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::string_view number, what, answer;  ///< "OK", the error codes, or "none"
};

// clang-format off
constexpr std::array kPlo{
    Case{"1",     "the plain message",                                            "OK"},
    Case{"1-2",   "an end tag is missing in Sender",                              "T01"},
    Case{"1-11a", "no information about the patient",                             "E36"},
    Case{"1-11b", "local aid number, with name, date of birth and sex",           "OK"},
    Case{"1-11c", "no number, but name, date of birth and sex",                   "OK"},
    Case{"1-12",  "a patient unknown here (the server's business)",               "OK"},
    Case{"1-13a", "the sender's name and identifiers are empty",                  "none"},
    Case{"1-13b", "Sender is empty",                                              "none"},
    Case{"1-14a", "fødselsnummer is empty",                                       "E36"},
    Case{"1-14b", "something else in the place of fødselsnummer",                 "E36 E31"},
    Case{"1-15a", "an element of the content is missing or misplaced",            "T02"},
    Case{"1-15b", "a truth value is empty",                                       "T02"},
    Case{"1-16a", "local aid number and date of birth, no sex",                   "E36"},
    Case{"1-16b", "local aid number only",                                        "E36"},
    Case{"1-16c", "D-number",                                                     "OK"},
    Case{"1-16d", "fødselsnummer and local aid number",                           "OK"},
    Case{"1-17a", "local aid number, date of birth, no sex",                      "E36"},
    Case{"1-17b", "fødselsnummer",                                                "OK"},
    Case{"1-18",  "an unknown service (the server's business)",                   "OK"},
    Case{"1-21",  "a cancellation",                                               "OK"},
};

constexpr std::array kDialogue{
    Case{"1",     "the plain message",                                            "OK"},
    Case{"1-2",   "an end tag is missing in the content",                         "T01"},
    Case{"2",     "an answer",                                                    "OK"},
    Case{"3",     "a note, whose MsgId holds a letter that is not hexadecimal",   "E10"},
    Case{"4",     "a report of an error",                                         "OK"},
    Case{"1-14a", "no information about the patient",                             "E36"},
    Case{"1-14b", "local aid number, with name, date of birth and sex",           "OK"},
    Case{"1-14c", "no number, but name, date of birth and sex",                   "OK"},
    Case{"1-15",  "another patient, with wrong check digits",                     "E36 E31"},
    Case{"1-16a", "the sender's name and identifiers are empty",                  "none"},
    Case{"1-16b", "Sender is empty",                                              "none"},
    Case{"1-16c", "Sender is missing",                                            "none"},
    Case{"1-17a", "fødselsnummer is empty",                                       "E36"},
    Case{"1-17b", "the element for fødselsnummer is missing",                     "T02"},
};
// clang-format on

/// "Case1-14a-Pasient…xml" -> "1-14a", "Case1-Pasient…xml" -> "1", "Case2.xml" -> "2"; "Case2_1-…" is nobody's.
std::string number_of(const std::string& name) {
  std::size_t end = std::string_view("Case").size() + 1;
  const auto digit = [&](std::size_t at) { return at < name.size() && name[at] >= '0' && name[at] <= '9'; };
  if (name[end] == '_') return {};
  if (name[end] == '-' && digit(end + 1)) end = name.find_first_of("-.", end + 1);
  return name.substr(4, end - 4);
}

std::string answered(const Message& message) {
  const auto receipt = answer(message, "6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1c01", "2026-03-02T09:00:00Z");
  if (!receipt) return "none";
  if (receipt->status == AppRecStatus::ok) return "OK";
  std::string codes;
  for (const CodedError& error : receipt->errors) codes += (codes.empty() ? "" : " ") + error.code;
  return codes;
}

template <class Cases>
void expect_answers(const std::string& kit, const Cases& cases) {
  const auto official = test::official_reader();
  std::size_t checked = 0;
  for (const auto& entry : fs::directory_iterator(test::kith() / "acceptance" / kit)) {
    const std::string number = number_of(entry.path().filename().string());
    const auto expected = std::ranges::find(cases, number, &Case::number);
    if (expected == cases.end()) continue;
    const Message message = read_message(test::file_content(entry.path()));
    EXPECT_EQ(answered(message), expected->answer) << entry.path().filename() << ": " << expected->what;
    if (const auto receipt = answer(message, "6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1c01", "2026-03-02T09:00:00Z")) {
      EXPECT_EQ(receipt->version, "1.0") << entry.path().filename();
      EXPECT_TRUE(official->read(write_apprec(*receipt)).schema_valid) << write_apprec(*receipt);
    }
    ++checked;
  }
  EXPECT_GE(checked, cases.size() - 1);  // one kit lacks a case
}

TEST(AcceptanceKit, of_patient_logistics_is_answered_as_the_criteria_ask) {
  NEEDS_REFERENCE();
  expect_answers("plo-dodsfall", kPlo);
}

TEST(AcceptanceKit, of_health_information_with_an_application_is_answered_as_the_criteria_ask) {
  NEEDS_REFERENCE();
  expect_answers("plo-ved-soknad", kPlo);
}

TEST(AcceptanceKit, of_health_information_to_a_physician_is_answered_as_the_criteria_ask) {
  NEEDS_REFERENCE();
  expect_answers("plo-til-lege", kPlo);
}

TEST(AcceptanceKit, of_medical_information_is_answered_as_the_criteria_ask) {
  NEEDS_REFERENCE();
  expect_answers("plo-medisinske", kPlo);
}

TEST(AcceptanceKit, of_admission_reports_is_answered_as_the_criteria_ask) {
  NEEDS_REFERENCE();
  expect_answers("plo-innleggelsesrapport", kPlo);
}

TEST(AcceptanceKit, of_dialogue_messages_is_answered_as_the_criteria_ask) {
  NEEDS_REFERENCE();
  expect_answers("dialog", kDialogue);
}

}  // namespace
}  // namespace varde::mappings
