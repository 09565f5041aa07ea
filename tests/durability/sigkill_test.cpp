// Holds us to: nothing acknowledged is lost, no effect happens twice (README, "What it keeps").
// The real server is killed by SIGKILL at random points while clients write Observations and messages come in by folder
// and by HTTP. Afterwards every acknowledged Observation must be there once, with its evaluation and its alert, and
// every message must have had exactly one effect and one AppRec.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "fhir-model/json/json.h"
#include "tests/durability/support/postgresql.h"
#include "tests/durability/support/server.h"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace varde::test;

constexpr int kKills = 60, kKillsOnServer = 15;
constexpr int kWriters = 3;

std::string uuid(const char* kind, int number) {
  char text[40];
  std::snprintf(text, sizeof text, "00000000-%.4s-4000-8000-%012d", kind, number);
  return text;
}

std::string observation(int number) {
  return R"({"resourceType":"Observation","status":"final","identifier":[{"system":"urn:test:reading","value":")" +
         std::to_string(number) +
         R"("}],"code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"subject":{"reference":"Patient/p)" +
         std::to_string(number % 4) + R"("},"effectiveDateTime":")" + "2026-11-22T10:00:00+01:00" +
         R"(","valueQuantity":{"value":82,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}})";
}

/// A referral (HELSEOPPL_SOKNAD, PLO 1.6) of a fictitious patient with a synthetic identity number.
std::string referral(const std::string& msg_id) {
  const auto organisation = [](const char* name, const char* her, const std::string& inner) {
    return std::string("<Organisation><OrganisationName>") + name + "</OrganisationName><Ident><Id>" + her +
           R"(</Id><TypeId V="HER" DN="HER-id" S="2.16.578.1.12.4.1.1.9051"/></Ident>)" + inner + "</Organisation>";
  };
  return R"(<?xml version="1.0" encoding="UTF-8"?><MsgHead xmlns="http://www.kith.no/xmlstds/msghead/2006-05-24"><MsgInfo>)"
         R"(<Type V="HELSEOPPL_SOKNAD" DN="Helseopplysninger"/><MIGversion>v1.2 2006-05-24</MIGversion>)"
         R"(<GenDate>2026-11-22T10:15:00</GenDate><MsgId>)" +
         msg_id + "</MsgId><Sender>" +
         organisation("Fjellro sykehus", "8100011", organisation("Lungeavdelingen", "8100012", "")) +
         "</Sender><Receiver>" +
         organisation("Varde kommune", "8142951", organisation("Oppfølgingssenteret", "8142952", "")) +
         R"(</Receiver><Patient><FamilyName>Bjørnås</FamilyName><GivenName>Åse</GivenName><DateOfBirth>1948-05-17</DateOfBirth>)"
         R"(<Sex V="2" DN="Kvinne"/><Ident><Id>17854849808</Id><TypeId V="FNR" DN="Fødselsnummer" S="2.16.578.1.12.4.1.1.8116"/></Ident>)"
         R"(</Patient></MsgInfo><Document><RefDoc><IssueDate V="2026-11-22T10:15:00"/><MsgType V="XML" DN="XML-instans"/><Content>)"
         R"(<s:HelseopplysningerVedSoknad xmlns:s="http://www.kith.no/xmlstds/po/HelseopplysningerVedSoknad/2012-04-01" )"
         R"(xmlns="http://www.kith.no/xmlstds/po/poKomponent/2012-04-01"><InformasjonOmForsendelsen><Forsendelsesstatus V="N" DN="Ny"/>)"
         R"(</InformasjonOmForsendelsen><TypeInnholdIMelding><TypeInnhold V="2" S="2.16.578.1.12.4.1.1.9140" DN="Oppdaterte helseopplysninger"/>)"
         R"(</TypeInnholdIMelding><OpplysningOpphold><TidsfestetHendelse><TidspunktForHendelse V="2026-11-20T12:00:00"/><Anslag>false</Anslag>)"
         R"(</TidsfestetHendelse></OpplysningOpphold></s:HelseopplysningerVedSoknad></Content></RefDoc></Document></MsgHead>)";
}

struct Acknowledged {
  std::mutex mutex;
  std::map<int, std::string> observations;  ///< number -> "Observation/id"
  std::vector<std::string> messages;        ///< MsgIds that were accepted by HTTP or lie whole in the folder
};

/// What the clients do until the server is gone.
void write_observations(int port, std::atomic<int>& next, Acknowledged& acknowledged) {
  for (;;) {
    const int number = next++;
    const Answer answer = call(port, "POST", "/fhir/Observation", observation(number));
    if (answer.status == 0) return;
    ASSERT_EQ(answer.status, 201) << answer.body;
    const auto id = answer.location.substr(answer.location.find("Observation/"));
    const std::lock_guard lock(acknowledged.mutex);
    acknowledged.observations[number] = id.substr(0, id.find("/_history"));
  }
}

void drop_messages(const fs::path& inbound, std::atomic<bool>& stop, std::atomic<int>& next,
                   Acknowledged& acknowledged) {
  while (!stop) {
    const auto id = uuid("f01d", next++);
    const auto hidden = inbound / ("." + id);
    std::ofstream(hidden) << referral(id);
    fs::rename(hidden, inbound / (id + ".xml"));
    {
      const std::lock_guard lock(acknowledged.mutex);
      acknowledged.messages.push_back(id);
    }
    std::this_thread::sleep_for(25ms);
  }
}

void post_messages(int port, std::atomic<int>& next, Acknowledged& acknowledged) {
  for (;;) {
    const auto id = uuid("4777", next++);
    const Answer answer = call(port, "POST", "/message", referral(id), "application/xml");
    if (answer.status == 0) return;
    ASSERT_EQ(answer.status, 202) << answer.body;
    {
      const std::lock_guard lock(acknowledged.mutex);
      acknowledged.messages.push_back(id);
    }
    std::this_thread::sleep_for(15ms);
  }
}

void enrol(int port) {
  for (int p = 0; p < 4; ++p) {
    const auto id = "p" + std::to_string(p);
    const auto subject = R"({"reference":"Patient/)" + id + "\"}";
    const auto quantity = [](int value) {
      return R"("valueQuantity":{"value":)" + std::to_string(value) +
             R"(,"unit":"%","system":"http://unitsofmeasure.org","code":"%"})";
    };
    const auto limit = [&](const char* zone, const std::string& bounds) {
      return R"({"url":"https://varde.example/fhir/StructureDefinition/limit","extension":[{"url":"zone","valueCode":")" +
             std::string(zone) + "\"}" + bounds + "]}";
    };
    ASSERT_EQ(call(port, "PUT", "/fhir/Patient/" + id, R"({"resourceType":"Patient","id":")" + id + "\"}").status, 201);
    ASSERT_EQ(
        call(
            port, "PUT", "/fhir/EpisodeOfCare/" + id,
            R"({"resourceType":"EpisodeOfCare","id":")" + id + R"(","status":"active","patient":)" + subject +
                R"(,"type":[{"coding":[{"system":"https://varde.example/fhir/CodeSystem/episode-type","code":"dho"}]}]})")
            .status,
        201);
    const Answer plan =
        call(port, "POST", "/fhir/ServiceRequest",
             R"({"resourceType":"ServiceRequest","status":"active","intent":"order","subject":)" + subject +
                 R"(,"code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"extension":[)" +
                 limit("red", ",{\"url\":\"high\"," + quantity(85) + "}") + "," +
                 limit("yellow", ",{\"url\":\"low\"," + quantity(85) + "},{\"url\":\"high\"," + quantity(92) + "}") +
                 "," + limit("green", ",{\"url\":\"low\"," + quantity(92) + "}") + "]}");
    ASSERT_EQ(plan.status, 201) << plan.body;
  }
}

/// Number of matches, by _total=accurate.
int count(int port, const std::string& search) {
  const Answer answer = call(port, "GET", "/fhir/" + search + "&_count=0&_total=accurate");
  const auto bundle = varde::fhir::parse_json(answer.body);
  if (answer.status != 200 || !bundle)
    ADD_FAILURE() << search << " -> " << answer.status << " " << answer.body.substr(0, 500);
  return bundle ? std::atoi(std::string(bundle->root()["total"].value()).c_str()) : -1;
}

/// AppRec files in the outbound folder, by the MsgId they answer.
std::map<std::string, int> apprecs(const fs::path& outbound) {
  std::map<std::string, int> by_message;
  for (const auto& file : fs::directory_iterator(outbound)) {
    if (file.path().extension() != ".xml") continue;
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    const auto xml = text.str();
    const auto original = xml.find("OriginalMsgId>");
    if (original != xml.npos) ++by_message[xml.substr(xml.find("00000000-", original), 36)];
  }
  return by_message;
}

/// Until so many more of each have been acknowledged: however slow the machine is, each kill meets work under way.
void wait_for_more(Acknowledged& acknowledged, std::size_t observations, std::size_t messages) {
  const auto so_far = [&] {
    const std::lock_guard lock(acknowledged.mutex);
    return std::pair(acknowledged.observations.size(), acknowledged.messages.size());
  };
  const auto [had_observations, had_messages] = so_far();
  for (int i = 0; i < 30'000; ++i) {
    const auto now = so_far();
    if (now.first >= had_observations + observations && now.second >= had_messages + messages) return;
    std::this_thread::sleep_for(1ms);
  }
  ADD_FAILURE() << "nothing was acknowledged in 30 s";
}

void kill_and_count(const fs::path& home, int kills) {
  const fs::path data = home / "data", log = home / "log";
  std::mt19937 random(20261122);
  Acknowledged acknowledged;
  std::atomic<int> next_observation{0}, next_message{0};

  {
    Server server(data, log);
    enrol(server.port());
  }
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  for (int kill = 0; kill < kills; ++kill) {
    Server server(data, log);
    std::atomic<bool> stop{false};
    std::vector<std::jthread> clients;
    for (int w = 0; w < kWriters; ++w)
      clients.emplace_back([&] { write_observations(server.port(), next_observation, acknowledged); });
    clients.emplace_back([&] { post_messages(server.port(), next_message, acknowledged); });
    clients.emplace_back([&] { drop_messages(data / "messages/inbound", stop, next_message, acknowledged); });
    if (kill % 4 != 0) wait_for_more(acknowledged, 12, 6);
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(5, 100)(random)));
    server.kill();
    stop = true;
  }

  Server server(data, log);
  // Every accepted message gets its AppRec before the clock runs out.
  std::map<std::string, int> answers;
  for (int i = 0; i < 600; ++i) {
    answers = apprecs(data / "messages/outbound");
    if (std::ranges::all_of(acknowledged.messages, [&](const auto& id) { return answers.contains(id); })) break;
    std::this_thread::sleep_for(100ms);
  }
  std::printf("%d kills, %zu acknowledged Observations of %d sent, %zu messages\n", kills,
              acknowledged.observations.size(), next_observation.load(), acknowledged.messages.size());
  ASSERT_GT(acknowledged.observations.size(), 100u);
  ASSERT_GT(acknowledged.messages.size(), 50u);

  for (const auto& [number, reference] : acknowledged.observations) {
    const Answer answer = call(server.port(), "GET", "/fhir/" + reference);
    ASSERT_EQ(answer.status, 200) << reference << " was acknowledged and is gone";
    const auto stored = varde::fhir::parse_json(answer.body);
    ASSERT_TRUE(stored);
    EXPECT_TRUE(stored->root()["referenceRange"]) << reference << " has no limits";
    EXPECT_NE(answer.body.find("alert-level"), std::string::npos) << reference << " has no colour";
    EXPECT_EQ(count(server.port(), "Observation?identifier=urn:test:reading%7C" + std::to_string(number)), 1);
    EXPECT_EQ(count(server.port(), "DetectedIssue?implicated=" + reference), 1)
        << reference << " must have exactly one finding";
  }
  for (const auto& id : acknowledged.messages) {
    EXPECT_EQ(answers[id], 1) << "AppRecs for message " << id;
    EXPECT_EQ(count(server.port(), "Communication?identifier=urn:uuid:" + id), 1) << "effects of message " << id;
  }
  const int messages = static_cast<int>(acknowledged.messages.size());
  const int referrals = count(server.port(), "Task?code=receive-referral");
  // A message whose acknowledgement was cut off by the kill may have been stored all the same: never more than were
  // sent.
  EXPECT_GE(referrals, messages);
  EXPECT_LE(referrals, messages + kills);
  EXPECT_EQ(count(server.port(), "ServiceRequest?category=http://snomed.info/sct%7C3457005"), referrals);
  EXPECT_EQ(count(server.port(), "Patient?identifier=urn:oid:2.16.578.1.12.4.1.4.1%7C17854849808"), 1);

  server.kill();
}

class Sigkill : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(std::getenv("VARDE_BINARY")) << "VARDE_BINARY must name the server's binary";
    fs::create_directories(home / "data");
  }
  void TearDown() override {
    if (!HasFailure())
      fs::remove_all(home);
    else
      std::printf("left for inspection: %s\n", home.c_str());
  }
  const fs::path home = fs::path(testing::TempDir()) / ("varde-sigkill-" + std::to_string(getpid()));
};

TEST_F(Sigkill, loses_nothing_acknowledged_and_repeats_no_effect) { kill_and_count(home, kKills); }

TEST_F(Sigkill, loses_nothing_acknowledged_and_repeats_no_effect_on_postgresql) {
  const Postgresql database(home);
  database.write_settings(home / "data");
  kill_and_count(home, kKillsOnServer);
}

}  // namespace
