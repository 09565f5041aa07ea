// Holds us to HIS 80415:2012 §3.3.4: a message that cannot be connected by itself is kept, and a person connects it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mappings/message.h"
#include "server/command/gateway_routes.h"
#include "tests/messaging/support/gateway.h"
#include "tests/messaging/support/letters.h"

namespace varde::messaging::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Link : public testing::Test {
 protected:
  demo::Letter admission(int n, const std::string& number) {
    auto letter = gateway.letter("LOG_INNLAGT", n);
    letter.patient.number = number;
    return letter;
  }
  Result<void> link(const std::string& communication, const std::string& patient) {
    return gateway.repository->write(
        [&](interaction::Act& act) { return gateway.messaging->link(act, communication, patient); });
  }
  std::string task_words() {
    const auto tasks = gateway.tasks("technical");
    return tasks.empty() ? "" : std::string(tasks.back().root()["description"].value());
  }
  Gateway gateway;
};

TEST_F(Link, a_message_without_number_does_what_it_asked_for_once_a_person_says_whose_it_is) {
  const auto patient = gateway.enrolled_patient();
  const auto receipt = gateway.receive(admission(1, ""));
  EXPECT_FALSE(gateway.is_paused(patient));
  EXPECT_THAT(task_words(), HasSubstr("må kobles til pasient av en person"));
  const auto documents = gateway.all("DocumentReference").size();

  const auto linked = link(receipt.communication_id, patient);
  ASSERT_TRUE(linked) << linked.error().diagnostics;
  EXPECT_TRUE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.all("Encounter").size(), 1u);
  EXPECT_EQ(gateway.all("DocumentReference").size(), documents);
  for (const auto& document : gateway.all("DocumentReference"))
    EXPECT_EQ(document.root()["subject"]["reference"].value(), "Patient/" + patient);
  const auto story = gateway.get("Communication", receipt.communication_id);
  EXPECT_EQ(story.root()["subject"]["reference"].value(), "Patient/" + patient);
  EXPECT_EQ(gateway.tasks("technical")[0].root()["status"].value(), "completed");
  EXPECT_EQ(gateway.outbox("APPREC").size(), 1u);  // the one that was given when it came
  for (const char* type : {"Communication", "Encounter", "DocumentReference", "Binary", "Provenance", "Task"})
    for (const auto& tree : gateway.all(type)) expect_valid(tree.root());
}

TEST_F(Link, a_linked_message_is_found_by_its_cancellation) {
  const auto patient = gateway.enrolled_patient();
  const auto receipt = gateway.receive(admission(1, ""));
  ASSERT_TRUE(link(receipt.communication_id, patient));
  auto cancel = gateway.letter("LOG_INNLAGT", 2);
  cancel.status = "C", cancel.parent = uuid(1);
  gateway.receive(cancel);
  EXPECT_FALSE(gateway.is_paused(patient));
  EXPECT_EQ(gateway.all("Encounter")[0].root()["status"].value(), "entered-in-error");
}

TEST_F(Link, is_done_from_the_log_where_a_message_waits_for_a_person) {
  const auto patient = gateway.enrolled_patient();
  gateway.receive(admission(1, ""));
  const auto routes = command::message_log_routes(
      *gateway.repository, [&](interaction::Act& act, const std::string& communication, const std::string& to) {
        return gateway.messaging->link(act, communication, to);
      });
  const auto ask = [&](const std::string& method, const std::string& form) {
    interaction::Request request;
    request.method = method, request.body = form, request.content_type = "application/x-www-form-urlencoded";
    for (const auto& route : routes)
      if (route.method == method) {
        const auto answer = route.handler(request);
        return answer ? answer->body : answer.error().diagnostics;
      }
    return std::string();
  };
  EXPECT_THAT(ask("GET", ""), HasSubstr("koble til pasient"));
  EXPECT_THAT(ask("POST", "link=1&patient=nobody"), HasSubstr("ingen pasient med den id-en"));
  EXPECT_FALSE(gateway.is_paused(patient));
  EXPECT_THAT(ask("POST", "link=1&patient=" + patient), HasSubstr("Melding nr. 1 er koblet til pasienten."));
  EXPECT_TRUE(gateway.is_paused(patient));
  EXPECT_THAT(ask("GET", ""), Not(HasSubstr("koble til pasient")));
  EXPECT_THAT(ask("POST", "link=1&patient=" + patient), HasSubstr("koblet allerede"));
}

TEST_F(Link, is_refused_twice_and_for_what_does_not_exist_and_for_what_was_refused) {
  const auto patient = gateway.enrolled_patient();
  const auto receipt = gateway.receive(admission(1, ""));
  EXPECT_EQ(link(receipt.communication_id, "nobody").error().fault, Fault::not_found);
  EXPECT_EQ(link("message-77", patient).error().fault, Fault::not_found);
  ASSERT_TRUE(link(receipt.communication_id, patient));
  EXPECT_EQ(link(receipt.communication_id, patient).error().fault, Fault::business_rule);
  const auto refused = gateway.receive(admission(2, demo::unknown_patient().number));
  EXPECT_EQ(link(refused.communication_id, patient).error().fault, Fault::business_rule);
}

// --- who it is about -----------------------------------------------------------------------------------------------

TEST_F(Link, a_known_number_with_another_name_and_another_date_of_birth_is_for_a_person_to_decide) {
  const auto patient = gateway.enrolled_patient();
  auto letter = gateway.letter("LOG_INNLAGT", 1);
  letter.patient.family = "Fjellheim", letter.patient.given = "Torstein", letter.patient.birth_date = "1971-02-03";
  gateway.receive(letter);
  EXPECT_FALSE(gateway.is_paused(patient));
  EXPECT_THAT(task_words(), HasSubstr("navn og fødselsdato stemmer ikke"));

  auto married = gateway.letter("LOG_INNLAGT", 2);
  married.patient.family = "Fjellheim", married.patient.given = "ÅSE", married.patient.birth_date.clear();
  gateway.receive(married);
  EXPECT_TRUE(gateway.is_paused(patient));
}

TEST_F(Link, two_numbers_of_one_kind_are_for_a_person_to_decide_though_one_of_them_is_known) {
  const auto patient = gateway.enrolled_patient();
  const auto requests = gateway.all("ServiceRequest").size();
  const std::string ident = "<Ident><Id>" + demo::unknown_patient().number + "</Id><TypeId V=\"FNR\"";
  for (const char* type : {"LOG_INNLAGT", "HELSEOPPL_SOKNAD"}) {
    const auto letter = gateway.letter(type, type == std::string("LOG_INNLAGT") ? 1 : 2);
    auto xml = replaced(demo::write(letter), "</Ident></Patient>",
                        "</Ident>" + ident + " S=\"2.16.578.1.12.4.1.1.8116\"/></Ident></Patient>");
    gateway.receive(xml);
    EXPECT_THAT(task_words(), HasSubstr("flere ulike identitetsnumre")) << type;
  }
  EXPECT_FALSE(gateway.is_paused(patient));
  EXPECT_THAT(gateway.all("Patient"), testing::SizeIs(1));
  EXPECT_EQ(gateway.all("ServiceRequest").size(), requests);
}

TEST_F(Link, a_number_with_wrong_check_digits_makes_nobody) {
  for (const char* number : {"12854830014", "1285483001", "12854830013x", "abc"}) {
    gateway.start_over();
    auto letter = gateway.letter("HELSEOPPL_SOKNAD", 1);
    letter.patient.number = number;
    gateway.receive(letter);
    EXPECT_THAT(gateway.all("Patient"), IsEmpty()) << number;
    EXPECT_THAT(task_words(), HasSubstr("ikke gyldig")) << number;
  }
}

TEST_F(Link, a_common_aid_number_that_is_none_identifies_nobody) {
  auto letter = gateway.letter("HELSEOPPL_SOKNAD", 1);
  letter.patient.number = "abc", letter.patient.birth_date.clear(), letter.patient.sex.clear();
  gateway.receive(replaced(demo::write(letter), "V=\"FNR\"", "V=\"FHN\""));
  EXPECT_THAT(gateway.all("Patient"), IsEmpty());
  const auto apprec = mappings::read_apprec(mappings::read_message(gateway.outbox("APPREC").at(0).bytes));
  ASSERT_TRUE(apprec);
  EXPECT_EQ(apprec->status, mappings::AppRecStatus::refused);
}

TEST_F(Link, a_number_that_is_called_by_another_kind_makes_no_second_patient) {
  gateway.patient(demo::unknown_patient());
  auto letter = gateway.letter("HELSEOPPL_SOKNAD", 1);
  letter.patient = demo::unknown_patient();
  gateway.receive(replaced(demo::write(letter), "V=\"FNR\"", "V=\"DNR\""));
  EXPECT_EQ(gateway.all("Patient").size(), 1u);
}

TEST_F(Link, a_d_number_gets_its_own_system_whatever_it_is_called) {
  auto letter = gateway.letter("HELSEOPPL_SOKNAD", 1);
  letter.patient = {"Skogli", "Ida", "52854800019", "1948-05-12", "2"};
  gateway.receive(letter);
  ASSERT_EQ(gateway.all("Patient").size(), 1u);
  EXPECT_EQ(gateway.all("Patient")[0].root()["identifier"]["system"].value(), "urn:oid:2.16.578.1.12.4.1.4.2");
  expect_valid(gateway.all("Patient")[0].root());
}

}  // namespace
}  // namespace varde::messaging::test
