// Holds us to issue section 5: the demonstration is the real thing, on the real binary, on an empty directory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "server/command/config.h"
#include "server/demo/story.h"
#include "tests/end_to_end/support/process.h"

namespace varde::test {
namespace {

using testing::HasSubstr;

class EndToEnd : public testing::Test {
 protected:
  ~EndToEnd() override { std::filesystem::remove_all(directory); }
  std::string directory = new_directory();
};

TEST_F(EndToEnd, the_whole_story_holds_on_a_server_started_on_an_empty_directory) {
  Served varde(directory);
  const command::Config config;
  std::string told;
  demo::Story story(demo::Client(varde.base()), directory + "/store/messages",
                    {config.her_ids.front(), config.organisation, config.organisation_her_id, config.department},
                    [&](std::string_view line) { told += std::string(line) + "\n"; });
  EXPECT_NO_THROW(story.play()) << told;
  EXPECT_EQ(varde.stop(SIGTERM), 0);
}

TEST_F(EndToEnd, varde_demo_plays_it_and_leaves_nothing_behind) {
  const auto played = run({"demo"});
  EXPECT_EQ(played.status, 0) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("Every step held."));
}

TEST_F(EndToEnd, a_transaction_judges_an_observation_by_the_plan_that_comes_after_it_in_the_same_bundle) {
  Served varde(directory);
  const demo::Client client(varde.base());
  const auto answer = client.send("POST", "", R"({"resourceType":"Bundle","type":"transaction","entry":[
    {"request":{"method":"POST","url":"Observation"},"resource":{"resourceType":"Observation","status":"final",
      "code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"subject":{"reference":"urn:uuid:11111111-1111-4111-8111-111111111111"},
      "effectiveDateTime":"2026-11-22T08:00:00+01:00",
      "valueQuantity":{"value":82,"system":"http://unitsofmeasure.org","code":"%"}}},
    {"request":{"method":"PUT","url":"ServiceRequest/plan"},"resource":{"resourceType":"ServiceRequest","id":"plan","status":"active",
      "intent":"order","code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},
      "subject":{"reference":"urn:uuid:11111111-1111-4111-8111-111111111111"},"extension":[
        {"url":"https://varde.example/fhir/StructureDefinition/limit","extension":[{"url":"zone","valueCode":"red"},
          {"url":"high","valueQuantity":{"value":90,"system":"http://unitsofmeasure.org","code":"%"}}]},
        {"url":"https://varde.example/fhir/StructureDefinition/limit","extension":[{"url":"zone","valueCode":"green"},
          {"url":"low","valueQuantity":{"value":90,"system":"http://unitsofmeasure.org","code":"%"}}]}]}},
    {"request":{"method":"POST","url":"EpisodeOfCare"},"resource":{"resourceType":"EpisodeOfCare","status":"active",
      "patient":{"reference":"urn:uuid:11111111-1111-4111-8111-111111111111"}}},
    {"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","request":{"method":"POST","url":"Patient"},
      "resource":{"resourceType":"Patient","active":true}}]})",
                                  "application/fhir+json");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(client.send("GET", "Task?code=alert&status=requested", "", "").body, HasSubstr("\"asap\""));
}

TEST_F(EndToEnd, a_message_posted_is_answered_with_a_receipt_or_with_its_apprec) {
  Served varde(directory);
  const demo::Client client(varde.base().substr(0, varde.base().rfind('/')));
  const command::Config config;
  demo::Letter letter{"HELSEOPPL_SOKNAD", "0b5e1d8a-3c4f-4c7e-9a54-000000000001", "2026-11-20T10:15:00",
                      demo::unknown_patient(), "2026-11-20"};
  letter.sender = demo::hospital();
  letter.receiver = {config.organisation, config.organisation_her_id, config.department, config.her_ids.front()};
  const auto receipt = client.send("POST", "message", demo::write(letter), "application/xml");
  EXPECT_EQ(receipt.status, 202);
  EXPECT_THAT(
      receipt.body,
      HasSubstr(R"("msgId":"0b5e1d8a-3c4f-4c7e-9a54-000000000001","type":"HELSEOPPL_SOKNAD","duplicate":false)"));
  letter.msg_id.back() = '2';
  const auto answered = client.send("POST", "message?answer=wait", demo::write(letter), "text/xml");
  EXPECT_EQ(answered.status, 200);
  EXPECT_THAT(answered.body, HasSubstr("<AppRec"));
  const auto broken = client.send("POST", "message", "<MsgHead", "application/xml");
  EXPECT_EQ(broken.status, 400);
  EXPECT_THAT(broken.body, HasSubstr("OperationOutcome"));
  EXPECT_EQ(client.send("POST", "message", "{}", "application/json").status, 415);
}

TEST_F(EndToEnd, a_new_directory_gets_the_fictitious_patients_when_they_are_asked_for) {
  Served varde(directory, {"--demo"});
  EXPECT_EQ(demo::Client(varde.base()).search("Patient").size(), 3u);
  EXPECT_EQ(varde.stop(SIGINT), 0);
}

TEST_F(EndToEnd, a_forgotten_flag_brings_no_fictitious_patient) {
  for (const std::vector<std::string>& flags : {std::vector<std::string>{}, {"--empty"}, {"--demo", "--empty"}}) {
    Served varde(directory, flags);
    EXPECT_TRUE(demo::Client(varde.base()).search("Patient").empty());
  }
}

TEST_F(EndToEnd, a_directory_in_use_gets_no_fictitious_patient) {
  {
    Served varde(directory);
    demo::Client(varde.base()).send("POST", "Patient", R"({"resourceType":"Patient"})", "application/fhir+json");
  }
  Served varde(directory, {"--demo"});
  EXPECT_EQ(demo::Client(varde.base()).search("Patient").size(), 1u);
}

TEST_F(EndToEnd, two_servers_on_one_directory_are_refused_with_a_reason) {
  Served varde(directory);
  const auto second = run({"serve", "--listen", "127.0.0.1:0", "--data", directory + "/store", "--empty"});
  EXPECT_EQ(second.status, 1);
  EXPECT_FALSE(second.err.empty());
}

TEST_F(EndToEnd, commands_answer_help_and_wrong_use) {
  for (const char* command : {"serve", "demo", "validate", "convert", "version"}) {
    const auto help = run({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("usage: varde"));
  }
  EXPECT_EQ(run({}).status, 2);
  EXPECT_EQ(run({"serv"}).status, 2);
  EXPECT_EQ(run({"message"}).status, 2);
  EXPECT_EQ(run({"message", "check"}).status, 2);
  EXPECT_EQ(run({"serve", "--port", "1"}).status, 2);
  EXPECT_EQ(run({"convert", "--to", "yaml", "-"}, "{}").status, 2);
  EXPECT_EQ(run({"config", "check", "--config", directory + "/absent"}).status, 1);
  EXPECT_EQ(run({"config", "check", "--data", directory}).status, 0);
}

TEST_F(EndToEnd, commands_end_in_order_where_nobody_takes_what_they_say) {
  std::filesystem::create_directories(directory);
  const auto in_shell = [&](const std::string& line) {
    const std::string shell = "cd " + directory + " && { " + line + " ; }";
    return WEXITSTATUS(std::system(shell.c_str()));
  };
  const std::string varde = std::string("'") + std::getenv("VARDE_BINARY") + "'";
  EXPECT_EQ(in_shell(varde + " nothing 2>/dev/full"), 2);
  EXPECT_EQ(in_shell(varde + " validate nofile 2>/dev/full"), 1);
  EXPECT_EQ(in_shell(varde + " 2>/dev/full"), 2);
  for (const auto* command : {"version", "roles", "--help"})
    EXPECT_EQ(in_shell(varde + " " + command + " >/dev/full 2>/dev/null"), 1) << command;
}

TEST_F(EndToEnd, a_server_whose_log_cannot_be_written_answers_all_the_same) {
  std::filesystem::create_directories(directory + "/io");
  std::filesystem::create_symlink("/dev/full", directory + "/io/err");
  Served varde(directory);
  const demo::Client client(varde.base().substr(0, varde.base().rfind('/')));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(client.send("POST", "message?answer=wait", "<a>", "application/xml").status, 400);
  EXPECT_EQ(varde.stop(SIGTERM), 0);
}

TEST_F(EndToEnd, audit_verify_does_not_praise_a_log_that_is_not_there) {
  const auto verified = run({"audit", "verify", "--data", directory + "/mistyped"});
  EXPECT_EQ(verified.status, 1) << verified.out;
  EXPECT_THAT(verified.err, HasSubstr("there is no store in " + directory + "/mistyped"));
  EXPECT_FALSE(std::filesystem::exists(directory + "/mistyped"));
}

TEST_F(EndToEnd, lines_of_json_may_begin_with_a_byte_order_mark_and_stand_alone) {
  const auto answered = run({"ucum", "--jsonl"}, "\xEF\xBB\xBF{\"unit\":\"kg\"}\r\n");
  EXPECT_THAT(answered.out, HasSubstr("\"valid\":true"));
  EXPECT_EQ(run({"ucum", "--jsonl", "kg"}).status, 2);
  EXPECT_EQ(run({"fhirpath", "--jsonl", "active", "file"}).status, 2);
}

TEST_F(EndToEnd, validate_and_convert_keep_decimals_to_the_letter) {
  const std::string json =
      R"({"resourceType":"Observation","status":"final","code":{"text":"Vekt på badet"},"valueQuantity":{"value":80.00,"unit":"kg"}})";
  EXPECT_EQ(run({"validate", "-"}, json).status, 0);
  const auto xml = run({"convert", "--to", "xml", "-"}, json);
  EXPECT_EQ(xml.status, 0);
  EXPECT_THAT(xml.out, HasSubstr("value=\"80.00\""));
  const auto back = run({"convert", "--to", "json", "-"}, xml.out);
  EXPECT_THAT(back.out, HasSubstr("80.00"));
  EXPECT_THAT(back.out, HasSubstr("Vekt på badet"));
  EXPECT_EQ(run({"validate", "-"}, R"({"resourceType":"Observation"})").status, 1);
}

TEST_F(EndToEnd, message_check_and_to_fhir_tell_of_a_file) {
  demo::Letter letter{"LOG_INNLAGT", "0b5e1d8a-3c4f-4c7e-9a54-000000000001", "2026-11-20T10:15:00",
                      demo::copd_patient(), "2026-11-20T10:00:00"};
  letter.sender = demo::hospital(), letter.receiver = letter.sender;
  std::ofstream(directory + "/good.xml") << demo::write(letter);
  letter.msg_id = "12";
  std::ofstream(directory + "/bad.xml") << demo::write(letter);
  const auto good = run({"message", "check", directory + "/good.xml"});
  EXPECT_EQ(good.status, 0);
  EXPECT_THAT(good.out, HasSubstr("LOG_INNLAGT"));
  const auto both = run({"message", "check", directory + "/good.xml", directory + "/bad.xml"});
  EXPECT_EQ(both.status, 1);
  EXPECT_THAT(both.out, HasSubstr("E10"));
  EXPECT_EQ(std::count(both.out.begin(), both.out.end(), '\n'), 2);
  const auto absent = run({"message", "check", directory + "/absent.xml", directory + "/good.xml"});
  EXPECT_EQ(absent.status, 1) << "one that cannot be read is a problem, whatever the others are";
  EXPECT_THAT(absent.err, HasSubstr("absent.xml"));
  EXPECT_THAT(absent.out, HasSubstr("good.xml"));
  EXPECT_THAT(run({"message", "to-fhir", directory + "/good.xml"}).out, HasSubstr("Encounter"));
}

}  // namespace
}  // namespace varde::test
