// Holds us to HIS 80603:2006 and 2017, HIS 1151 and 1152: a question, an answer or a note reaches a nurse, in the
// thread of its conversation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "mappings/message.h"
#include "server/followup/ebp/plan.h"
#include "server/messaging/gp_letter.h"
#include "server/messaging/names.h"
#include "server/messaging/operator.h"
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

/// A self-treatment plan that was sent to the GP; returns its id.
std::string sent_plan(Gateway& gateway, const std::string& patient) {
  std::string plan;
  const auto done = gateway.repository->write([&](interaction::Act& act) -> Result<void> {
    auto tree = fhir::parse_json(
        R"({"resourceType":"CarePlan","status":"draft","intent":"plan","category":[{"coding":[{"system":"http://ehelse.no/fhir/CodeSystem/vkp-careplan-category-v090","code":"2"}]}],"title":"EBP","subject":{"reference":"Patient/)" +
        patient + R"("}})");
    const auto stored = act.create(tree->edit());
    FHIR_TRY(stored);
    plan = stored->id;
    FHIR_TRY(followup::ebp::mark_sent({act, plan, {}}));
    Letter letter;
    letter.reason = "Egenbehandlingsplan til godkjenning.";
    letter.plan = "Gul sone\n- Hvil.";
    letter.about = "CarePlan/" + plan;
    letter.asks = true;
    letter.attachment = {"Egenbehandlingsplan", "application/pdf", "%PDF-1.5 prøve"};
    FHIR_TRY(gateway.messaging->send_to_gp(act, patient, letter));
    return {};
  });
  EXPECT_TRUE(done) << (done ? "" : done.error().diagnostics);
  gateway.messaging->work_through();
  return plan;
}

TEST_F(Dialogue, a_plan_goes_to_the_gp_as_text_and_as_a_file_in_a_letter_that_anybody_takes) {
  const auto patient = gateway.enrolled_patient();
  sent_plan(gateway, patient);
  const auto letter = gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0);
  const auto message = mappings::read_message(letter.bytes);
  EXPECT_TRUE(message.acceptable());
  EXPECT_THAT(letter.bytes, HasSubstr("Gul sone"));
  EXPECT_THAT(letter.bytes, HasSubstr("application/pdf"));
  EXPECT_THAT(letter.bytes, HasSubstr("JVBERi0xLjUgcHLDuHZl")) << "the file, in base64";
}

TEST_F(Dialogue, a_plan_that_the_gp_calls_approved_is_approved_and_any_other_answer_is_work) {
  struct Answer {
    std::string_view words, state;
    std::size_t tasks;
  };
  for (const auto& [words, state, tasks] :
       {Answer{"Godkjent.", "approved", 0}, Answer{"PLANEN GODKJENNES!", "approved", 0},
        Answer{"Godkjent, men senk grensen for puls.", "sent", 1}, Answer{"Ikke godkjent", "sent", 1}}) {
    gateway.start_over();
    const auto plan = sent_plan(gateway, gateway.enrolled_patient());
    const auto letter = gateway.outbox("HELSEOPPLYSNINGER_LEGE").at(0);
    receive("DIALOG_SVAR", 1, note(words), k10, letter.msg_id);
    const auto now = gateway.get("CarePlan", plan);
    const auto approval = now.root().extension("https://varde.example/fhir/StructureDefinition/plan-approval");
    EXPECT_EQ(approval.extension("state")["valueCode"].value(), state) << words;
    EXPECT_EQ(gateway.tasks("plan-answer").size(), tasks) << words;
    expect_valid(now.root());
  }
}

TEST_F(Dialogue, an_answer_to_another_letter_approves_no_plan) {
  const auto patient = gateway.enrolled_patient();
  const auto plan = sent_plan(gateway, patient);
  gateway.measure(patient, 82);
  gateway.messaging->work_through();
  const auto letters = gateway.outbox("HELSEOPPLYSNINGER_LEGE");
  ASSERT_EQ(letters.size(), 2u);
  receive("DIALOG_SVAR", 1, note("Godkjent"), k10, letters.at(1).msg_id);
  const auto now = gateway.get("CarePlan", plan);
  EXPECT_EQ(now.root()["extension"].extension("state")["valueCode"].value(), "sent");
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
