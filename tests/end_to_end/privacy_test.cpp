// What the process itself leaves behind: a crash writes no memory to disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/end_to_end/support/process.h"
#include "tests/http/support/client.h"

namespace varde::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Privacy, a_crash_leaves_no_core_file) {
  const std::filesystem::path directory = new_directory();
  Served varde((directory / "data").string());
  std::ifstream limits("/proc/" + std::to_string(varde.pid()) + "/limits");
  const std::string text{std::istreambuf_iterator<char>(limits), {}};
  EXPECT_THAT(text, testing::ContainsRegex("Max core file size +0 +0 "));
  EXPECT_EQ(varde.stop(SIGSEGV), 128 + SIGSEGV);
  std::filesystem::remove_all(directory);
}

/// In every place of a request where somebody may put it, rightly or by mistake.
TEST(Privacy, an_identity_number_or_token_stands_in_no_log_line_metric_or_refusal) {
  const std::string number = "13116900216", token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzZWNyZXQifQ.",
                    secret = "hemmelig-43";
  const std::filesystem::path directory = new_directory();
  std::ofstream(directory / "conf") << "slow-search = 1\nrequest-steps = 100000\n";
  Served varde((directory / "data").string(), {"--config", (directory / "conf").string()});
  const auto port = static_cast<std::uint16_t>(std::stoi(varde.base().substr(varde.base().find(':', 6) + 1)));
  const std::string json = "application/fhir+json", form = "application/x-www-form-urlencoded";
  struct Ask {
    std::string method, target, type, body;
    Headers more = {};
  };
  const std::vector<Ask> asked{
      {"GET", "/fhir/Patient?identifier=" + number, "", ""},
      {"GET", "/fhir/Patient?" + number + "=x", "", ""},
      {"GET", "/fhir/Patient/" + number, "", ""},
      {"GET", "/fhir/" + number, "", ""},
      {"GET", "/" + number, "", ""},
      {"GET", "/fhir/Patient?access_token=" + token, "", ""},
      {"GET", "/login/callback?code=" + secret + "&state=" + token, "", ""},
      {"POST", "/fhir/Patient/_search", form, "identifier=" + number + "&unknown-" + number + "=1"},
      {"POST", "/fhir/Patient/_search", form, "identifier=%zz" + number},
      {"POST", "/fhir/Patient", json,
       R"({"resourceType":"Patient","identifier":[{"value":")" + number + R"("}],"gender":")" + number + "\"}"},
      {"POST", "/fhir/Patient", json, R"({"resourceType":"Patient","x")" + number},
      {"POST", "/fhir/" + number, json, R"({"resourceType":")" + number + "\"}"},
      {"PUT", "/fhir/Patient/" + number, json, R"({"resourceType":"Patient","id":")" + number + "\"}"},
      {"POST", "/fhir", json,
       R"({"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"GET","url":"Patient?identifier=)" +
           number + R"("}}]})"},
      {"POST", "/message", "application/xml",
       "<MsgHead xmlns=\"http://www.kith.no/xmlstds/msghead/2006-05-24\"><Id>" + number + "</Id>"},
      {"POST", "/message", "application/xml", number},
      {"GET", "/fhir/Patient", "", "", {{"Authorization", "Bearer " + token}}},
      {"GET", "/fhir/Patient", "", "", {{"Authorization", token}, {"DPoP", token}}},
      {"GET", "/fhir/Patient", "", "", {{"Cookie", "varde-session=" + secret}}},
      {"GET", "/fhir/Patient", "", "", {{"X-Attestation", number}}},
      {number, "/fhir/Patient", "", ""},
      {"GET", "/fhir/Patient", "", "", {{number, number}}},
      {"GET", "/fhir/Observation?subject:Patient.identifier=" + number + "&_sort=" + number, "", ""},
      {"GET", "/fhir/Patient/$match?identifier=" + number, "", ""},
      {"POST", "/fhir/Patient/$enrol", json,
       R"({"resourceType":"Parameters","parameter":[{"name":")" + number + "\"}]}"},
  };
  for (const Ask& one : asked) {
    Headers headers = one.more;
    if (!one.type.empty()) headers.emplace_back("Content-Type", one.type);
    Client client(port);
    const auto answer = client.ask(one.method, one.target, headers, one.body);
    EXPECT_NE(answer.status, 500) << one.method << " " << one.target;
    if (one.target.find(secret) != std::string::npos || !one.more.empty()) {
      for (const std::string& what : {token, secret}) EXPECT_THAT(answer.body, Not(HasSubstr(what))) << one.target;
    }
  }
  Client client(port);
  const auto metrics = client.ask("GET", "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_EQ(varde.stop(SIGTERM), 0);
  for (const std::string& what : {number, token, secret, std::string("eyJhbGci")}) {
    EXPECT_THAT(metrics.body, Not(HasSubstr(what)));
    EXPECT_THAT(varde.log(), Not(HasSubstr(what)));
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace varde::test
