/// Whatever stands in a Bundle, the server answers and goes on: Bundles changed at random places, over a real socket.
/// The seed is fixed, so that what fails fails again; tests/fuzz/dispatch_fuzz.cpp looks further.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "server/followup/followup.h"
#include "server/operation/operations.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

constexpr std::array<std::string_view, 4> kBundles{
    R"({"resourceType":"Bundle","type":"batch","entry":[
 {"request":{"method":"POST","url":"Patient"},"resource":{"resourceType":"Patient"}},
 {"request":{"method":"PUT","url":"Patient/p","ifMatch":"W/\"1\""},"resource":{"resourceType":"Patient","id":"p"}},
 {"request":{"method":"DELETE","url":"Patient?identifier=a"}},
 {"request":{"method":"GET","url":"Patient?name=b&_count=1"}}]})",
    R"({"resourceType":"Bundle","type":"transaction","entry":[
 {"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","resource":{"resourceType":"Patient","identifier":[{"system":"s","value":"a"}]},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=s|a"}},
 {"resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"urn:uuid:11111111-1111-4111-8111-111111111111"}},"request":{"method":"PUT","url":"Observation?subject=urn:uuid:11111111-1111-4111-8111-111111111111"}}]})",
    R"({"resourceType":"Bundle","type":"collection","identifier":{"system":"s","value":"v"},"entry":[
 {"fullUrl":"http://varde.test/fhir/Observation/o","resource":{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"subject":{"reference":"Patient?identifier=s|a"},"effectiveDateTime":"2026-11-26T08:15:57+01:00","valueQuantity":{"value":82,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}}}]})",
    R"({"resourceType":"Bundle","type":"batch","entry":[
 {"request":{"method":"PATCH","url":"Patient/p"},"resource":{"resourceType":"Binary","contentType":"application/json-patch+json","data":"W10="}},
 {"request":{"method":"POST","url":"Patient/_search?_id=p"}},
 {"request":{"method":"GET","url":"Patient/p/_history/1","ifModifiedSince":"2026-01-01T00:00:00Z"}}]})"};

/// Texts that have once been trouble, or are the end of something.
constexpr std::array<std::string_view, 14> kPieces{"\"url\":\"/\"",
                                                   "\"url\":\"\"",
                                                   "\"url\":\"?\"",
                                                   "\"url\":\"//\"",
                                                   "\"url\":\"http://varde.test/fhir\"",
                                                   "{}",
                                                   "null",
                                                   "\"\"",
                                                   "\"method\":\"DELETE\"",
                                                   "\"url\":\"Patient/p/_history\"",
                                                   "[",
                                                   "\"type\":\"x\"",
                                                   "\\uffff",
                                                   "\"url\":\"Bundle\""};

class Mutator {
 public:
  std::string operator()(std::string text) {
    for (std::size_t times = pick(3); times-- > 0;) change(text);
    return text;
  }

 private:
  std::size_t pick(std::size_t most) { return std::uniform_int_distribution<std::size_t>(1, most)(random_); }

  /// An end or a member of the text replaced, a byte changed, a stretch doubled or taken out.
  void change(std::string& text) {
    if (text.size() < 2) return;
    const std::size_t at = pick(text.size()) - 1, length = std::min(pick(40), text.size() - at);
    switch (pick(5)) {
      case 1: text.erase(at, length); return;
      case 2: text.insert(at, text.substr(at, length)); return;
      case 3: text[at] = static_cast<char>(pick(255)); return;
      case 4: text.replace(at, length, kPieces[pick(kPieces.size()) - 1]); return;
      default: replace_member(text, at);
    }
  }

  /// `"url":"…"` and the like as a whole, so that what comes out is often still JSON.
  void replace_member(std::string& text, std::size_t from) {
    const std::size_t at = text.find("\"url\":\"", from);
    if (at == std::string::npos) return;
    const std::size_t end = text.find('"', at + 7);
    if (end != std::string::npos) text.replace(at, end + 1 - at, kPieces[pick(kPieces.size()) - 1]);
  }

  std::mt19937 random_{20261126};  // NOLINT(cert-msc51-cpp): the same every time
};

TEST(Mutation, of_a_bundle_is_always_answered) {
  World::Options options;
  for (const auto some : {operation::resource_operations(), operation::followup_operations()})
    options.operations.insert(options.operations.end(), some.begin(), some.end());
  World world(options);
  followup::FollowUp followup;
  world.store->add_effect(followup);
  Mutator mutate;
  Client client(world.port());
  for (int i = 0; i < 1500; ++i) {
    const std::string body = mutate(std::string(kBundles[static_cast<std::size_t>(i) % kBundles.size()]));
    const Answer answer =
        client.ask("POST", i % 7 == 0 ? "/fhir/Bundle" : "/fhir", {{"Content-Type", "application/fhir+json"}}, body);
    ASSERT_GE(answer.status, 200) << "no answer to:\n" << body;
    ASSERT_NE(answer.status, 500) << body << "\n" << answer.body;
  }
  EXPECT_EQ(world.get("/fhir/Patient?_summary=count").status, 200);
  EXPECT_EQ(world.log(), "");
}

}  // namespace
}  // namespace varde::test
