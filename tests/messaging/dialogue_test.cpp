// Holds us to HIS 80603:2006 and 2017, HIS 1151 and 1152: a question, an answer or a note reaches a nurse, in the
// thread of its conversation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "mappings/message.h"
#include "server/messaging/desk.h"
#include "server/messaging/names.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {
namespace {

using testing::HasSubstr;

constexpr std::string_view k10 = "http://www.kith.no/xmlstds/dialog/2006-10-11";
constexpr std::string_view k11 = "http://www.kith.no/xmlstds/dialog/2013-01-23";

std::string note(std::string_view text) {
  return fmt::format(
      R"(<Notat><TemaKodet V="5" DN="Svar på forespørsel" S="2.16.578.1.12.4.1.1.9069"/><TekstNotatInnhold>{}</TekstNotatInnhold></Notat>)",
      text);
}
std::string question(std::string_view text) {
  return fmt::format(
      R"(<Foresporsel><TypeForesp V="99" DN="Annen henvendelse" S="2.16.578.1.12.4.1.1.9152"/><Sporsmal>{}</Sporsmal></Foresporsel>)",
      text);
}

class Dialogue : public testing::Test {
 protected:
  Receipt receive(const std::string& type, int n, const std::string& content, std::string_view version = k10,
                  const std::string& parent = {}) {
    auto letter = gateway.letter("LOG_DOD", n);
    letter.parent = parent;
    auto xml = demo::write(letter);
    const auto begin = xml.find("<Content>"), end = xml.find("</Content>");
    xml = xml.substr(0, begin) +
          fmt::format("<Content><Dialogmelding xmlns=\"{}\">{}</Dialogmelding>", version, content) + xml.substr(end);
    const std::string was = "<Type V=\"LOG_DOD\" DN=\"Orientering om dødsfall\"/>";
    xml.replace(xml.find(was), was.size(), "<Type V=\"" + type + "\" DN=\"Dialog\"/>");
    return gateway.receive(xml);
  }
  mappings::AppRec answer() {
    return mappings::read_apprec(mappings::read_message(gateway.outbox("APPREC").back().bytes)).value();
  }
  Gateway gateway;
};

TEST_F(Dialogue, a_question_is_work_for_a_nurse_and_its_words_stand_in_the_communication) {
  const auto patient = gateway.enrolled_patient();
  const auto receipt = receive("DIALOG_FORESPORSEL", 1, question("Hvordan går det med pusten?"));
  EXPECT_EQ(gateway.inbox(receipt.number).state, storage::InboxState::processed);
  const auto communication = gateway.get("Communication", receipt.communication_id);
  EXPECT_EQ(communication.root()["subject"]["reference"].value(), "Patient/" + patient);
  EXPECT_EQ(communication.root()["payload"]["contentString"].value(), "Hvordan går det med pusten?");
  const auto tasks = gateway.tasks("information");
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks[0].root()["priority"].value(), "urgent");
  EXPECT_THAT(std::string(tasks[0].root()["description"].value()), HasSubstr("Les den og svar"));
  EXPECT_EQ(answer().version, "1.0");
  EXPECT_EQ(answer().status, mappings::AppRecStatus::ok);
  for (const char* type : {"Communication", "Task", "Composition", "DocumentReference"})
    for (const auto& tree : gateway.all(type)) expect_valid(tree.root());
}

TEST_F(Dialogue, a_conversation_is_one_thread_that_one_search_reads_whatever_comes_first) {
  for (const bool answer_first : {false, true}) {
    gateway.start_over();
    gateway.enrolled_patient();
    if (answer_first) receive("DIALOG_SVAR", 2, note("Ja."), k10, uuid(1));
    const auto asked = receive("DIALOG_FORESPORSEL", 1, question("Går det bra?"));
    if (!answer_first) receive("DIALOG_SVAR", 2, note("Ja."), k10, uuid(1));
    receive("DIALOG_NOTAT", 3, note("En annen sak."));
    gateway.repository->read([&](const interaction::View& view) {
      const auto type = fhir::find_resource_type("Communication");
      EXPECT_EQ(view.by_identifier(type, names::kConversation, "urn:uuid:" + uuid(1)).size(), 2u) << answer_first;
      const auto thread = thread_of(view, asked.communication_id);
      ASSERT_EQ(thread.size(), 2u) << answer_first;
      EXPECT_EQ(thread[0], asked.communication_id);
      const auto answered = view.tree(type, thread[1]);
      EXPECT_EQ(answered->root()["inResponseTo"]["reference"].value(), "Communication/" + asked.communication_id)
          << answer_first;
    });
  }
}

TEST_F(Dialogue, an_answer_to_a_letter_of_ours_stands_in_its_thread) {
  const auto patient = gateway.enrolled_patient();
  gateway.measure(patient, 82);
  gateway.messaging->work_through();
  const auto letter = gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0);
  const auto first = receive("DIALOG_SVAR", 1, note("Øk dosen."), k10, letter.msg_id);
  auto communication = gateway.get("Communication", first.communication_id);
  EXPECT_EQ(communication.root()["inResponseTo"]["reference"].value(), "Communication/" + letter.communication_id);
  EXPECT_THAT(std::string(gateway.tasks("information").at(0).root()["description"].value()),
              HasSubstr("svar på en melding herfra"));
  const auto second = receive("DIALOG_NOTAT", 2, note("Og drikk vann."), k10, uuid(1));
  communication = gateway.get("Communication", second.communication_id);
  EXPECT_EQ(communication.root()["inResponseTo"]["reference"].value(), "Communication/" + first.communication_id);
  for (const auto& tree : gateway.all("Communication")) expect_valid(tree.root());
}

TEST_F(Dialogue, a_thread_never_joins_two_patients) {
  const auto patient = gateway.enrolled_patient(demo::unknown_patient());
  gateway.measure(patient, 82);
  gateway.messaging->work_through();
  const auto letter = gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0);
  gateway.enrolled_patient();
  const auto receipt = receive("DIALOG_SVAR", 1, note("Øk dosen."), k10, letter.msg_id);
  EXPECT_TRUE(
      gateway.get("Communication", receipt.communication_id).root()["inResponseTo"]["reference"].value().empty());
}

TEST_F(Dialogue, of_version_1_1_is_answered_by_its_own_apprec) {
  gateway.enrolled_patient();
  const auto receipt = receive("DIALOG_HELSEFAGLIG", 1, note("EKG tatt i dag."), k11);
  EXPECT_EQ(gateway.inbox(receipt.number).state, storage::InboxState::processed);
  EXPECT_EQ(answer().version, "1.1");
  EXPECT_EQ(gateway.tasks("information").at(0).root()["priority"].value(), "routine");
}

TEST_F(Dialogue, about_somebody_we_do_not_know_is_refused) {
  const auto receipt = receive("DIALOG_NOTAT", 1, note("Hei."));
  EXPECT_EQ(gateway.inbox(receipt.number).state, storage::InboxState::refused);
  EXPECT_EQ(answer().errors.at(0).code, "E35");
}

TEST_F(Dialogue, that_breaks_the_schema_is_refused) {
  gateway.enrolled_patient();
  receive("DIALOG_NOTAT", 1, "<Notat><TekstNotatInnhold>Uten tema</TekstNotatInnhold></Notat>");
  EXPECT_EQ(answer().errors.at(0).code, "T02");
  EXPECT_TRUE(gateway.tasks("information").empty());
}

}  // namespace
}  // namespace varde::messaging::test
