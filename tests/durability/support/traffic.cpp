#include "tests/durability/support/traffic.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "fhir-model/json/json.h"
#include "tests/durability/support/server.h"

namespace varde::test {

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

int count(int port, const std::string& search) {
  const Answer answer = call(port, "GET", "/fhir/" + search + "&_count=0&_total=accurate");
  const auto bundle = varde::fhir::parse_json(answer.body);
  if (answer.status != 200 || !bundle)
    ADD_FAILURE() << search << " -> " << answer.status << " " << answer.body.substr(0, 500);
  return bundle ? std::atoi(std::string(bundle->root()["total"].value()).c_str()) : -1;
}

std::map<std::string, int> apprecs(const std::filesystem::path& outbound) {
  std::map<std::string, int> by_message;
  for (const auto& file : std::filesystem::directory_iterator(outbound)) {
    if (file.path().extension() != ".xml") continue;
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    const auto xml = text.str();
    const auto original = xml.find("OriginalMsgId>");
    if (original != xml.npos) ++by_message[xml.substr(xml.find("00000000-", original), 36)];
  }
  return by_message;
}

}  // namespace varde::test
