/// One search costs no more than it may, whatever it asks: https://hl7.org/fhir/R4/search.html#Introduction ("servers
/// may refuse ... searches that are too costly"), http://hl7.org/fhir/issue-type#too-costly
#include <gtest/gtest.h>

#include "tests/http/support/json.h"
#include "tests/http/support/world.h"
#include "tests/support/engine.h"

namespace varde::test {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

World world_with(interaction::Limits limits) { return World(World::Options{.limits = limits}); }

/// Lists that hold each other, so that every step of a chain leads on.
void put_ring_of_lists(const World& world) {
  for (const std::string id : {"a", "b"})
    EXPECT_EQ(world
                  .put("/fhir/List/" + id, R"({"resourceType":"List","id":")" + id +
                                               R"(","status":"current","mode":"working","title":"x","entry":[)" +
                                               R"({"item":{"reference":"List/a"}},{"item":{"reference":"List/b"}}]})")
                  .status,
              201);
}

void expect_too_costly(const Answer& answer, std::string_view setting) {
  EXPECT_EQ(answer.status, 422) << answer.body;
  EXPECT_EQ(json(answer.body, "issue[0].code"), "\"too-costly\"");
  EXPECT_NE(answer.body.find("(setting " + std::string(setting) + ")"), std::string::npos) << answer.body;
}

TEST(ABoundedSearch, refuses_a_chain_of_more_references_than_one_parameter_may_follow) {
  World world;
  put_ring_of_lists(world);
  expect_too_costly(world.get("/fhir/List?" + repeated("item.", 235) + "title=x"), "chain-depth");
  expect_too_costly(world.get("/fhir/List?" + repeated("item.", 9) + "title=x"), "chain-depth");
  const Answer conditional =
      world.ask("POST", "/fhir/List",
                {{"Content-Type", "application/fhir+json"}, {"If-None-Exist", repeated("item.", 235) + "title=x"}},
                R"({"resourceType":"List","status":"current","mode":"working"})");
  expect_too_costly(conditional, "chain-depth");
}

TEST(ABoundedSearch, spends_on_a_chain_what_its_steps_cost_and_not_a_power_of_them) {
  interaction::Limits limits;
  limits.request.steps = is_on_postgresql() ? 4'000'000 : 4000;  // there a step is a microsecond, of a busy machine too
  World world = world_with(limits);
  put_ring_of_lists(world);
  for (std::size_t depth = 1; depth <= 8; ++depth) {
    const Answer answer = world.get("/fhir/List?" + repeated("item.", depth) + "title=x&_sort=_id");
    EXPECT_EQ(match_ids(answer.body), (std::vector<std::string>{"a", "b"})) << depth << "\n" << answer.body;
  }
}

TEST(ABoundedSearch, ends_with_words_when_its_steps_are_spent) {
  interaction::Limits limits;
  limits.request.steps = 40;
  World world = world_with(limits);
  for (int i = 0; i < 60; ++i)
    ASSERT_EQ(world.post("/fhir/Basic", R"({"resourceType":"Basic","code":{"text":"x"}})").status, 201);
  EXPECT_EQ(world.get("/fhir/Basic?_count=10").status, 200);
  expect_too_costly(world.get("/fhir/Basic?_count=100"), "request-steps");
  EXPECT_EQ(json(world.get("/fhir/Basic?_summary=count").body, "total"), "60");  // the index counts: no entry is read
  expect_too_costly(world.get("/fhir/Basic?_sort=code,-_lastUpdated"), "request-steps");
}

TEST(ABoundedSearch, of_a_batch_shares_the_batchs_budget) {
  interaction::Limits limits;
  limits.request.bytes = 10'000;
  World world = world_with(limits);
  ASSERT_EQ(
      world
          .put("/fhir/Basic/b", R"({"resourceType":"Basic","id":"b","code":{"text":")" + repeated("x", 3000) + R"("}})")
          .status,
      201);
  std::string entries;
  for (int i = 0; i < 5; ++i)
    entries += std::string(i ? "," : "") + R"({"request":{"method":"GET","url":"Basic?_id=b"}})";
  const Answer answer = world.post("/fhir", R"({"resourceType":"Bundle","type":"batch","entry":[)" + entries + "]}");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json(answer.body, "entry[2].response.status"), "\"200 OK\"");
  EXPECT_EQ(json(answer.body, "entry[3].response.status"), "\"422\"");
  EXPECT_EQ(json(answer.body, "entry[4].response.outcome.issue[0].code"), "\"too-costly\"");
}

TEST(ABoundedSearch, ends_a_page_by_its_bytes_and_leads_on) {
  interaction::Limits limits;
  limits.page_bytes = 5000;
  World world = world_with(limits);
  for (const std::string id : {"a", "b", "c", "d"})
    ASSERT_EQ(world
                  .put("/fhir/Basic/" + id, R"({"resourceType":"Basic","id":")" + id + R"(","code":{"text":")" +
                                                repeated("x", 3000) + R"("}})")
                  .status,
              201);
  for (const std::string query : {"/fhir/Basic?_sort=_id", "/fhir/Basic?_sort=_id,-created"}) {
    Answer page = world.get(query);
    EXPECT_EQ(match_ids(page.body), (std::vector<std::string>{"a", "b"})) << query;
    const std::string next = link(page.body, "next");
    ASSERT_FALSE(next.empty());
    page = world.get(next.substr(std::string("http://varde.test").size()));
    EXPECT_EQ(match_ids(page.body), (std::vector<std::string>{"c", "d"})) << query;
    EXPECT_EQ(link(page.body, "next"), "");
  }
}

TEST(ABoundedHistory, ends_a_page_by_its_bytes_and_leads_on) {
  interaction::Limits limits;
  limits.page_bytes = 5000;
  World world = world_with(limits);
  for (int version = 1; version <= 4; ++version)
    world.put("/fhir/Basic/a", R"({"resourceType":"Basic","id":"a","code":{"text":")" + repeated("x", 3000) +
                                   std::to_string(version) + R"("}})");
  Answer page = world.get("/fhir/Basic/a/_history");
  EXPECT_EQ(size_at(page.body, "entry"), 2u);
  page = world.get(link(page.body, "next").substr(std::string("http://varde.test").size()));
  EXPECT_EQ(size_at(page.body, "entry"), 2u) << page.body;
  EXPECT_EQ(json(page.body, "entry[1].resource.meta.versionId"), "\"1\"");
  EXPECT_EQ(link(page.body, "next"), "");
}

TEST(ABoundedSearch, includes_no_more_bytes_than_a_page_may_have_and_the_rest_on_the_next) {
  interaction::Limits limits;
  limits.page_bytes = 5000;
  World world = world_with(limits);
  ASSERT_EQ(world.put("/fhir/Patient/p", R"({"resourceType":"Patient","id":"p"})").status, 201);
  for (const std::string id : {"a", "b", "c"})
    ASSERT_EQ(world
                  .put("/fhir/Basic/" + id, R"({"resourceType":"Basic","id":")" + id +
                                                R"(","subject":{"reference":"Patient/p"},"code":{"text":")" +
                                                repeated("x", 2000) + R"("}})")
                  .status,
              201);
  const Answer answer = world.get("/fhir/Patient?_id=p" + repeated("&_revinclude=Basic:subject", 1));
  EXPECT_EQ(size_at(answer.body, "entry"), 3u) << answer.body;  // the match, two included
  const Answer rest = world.get(link(answer.body, "next").substr(std::string("http://varde.test").size()));
  EXPECT_EQ(size_at(rest.body, "entry"), 1u) << rest.body;
  EXPECT_EQ(json(rest.body, "entry[0].resource.id"), "\"c\"");
  EXPECT_EQ(link(rest.body, "next"), "");
}

std::string identifiers(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)  // numbers that nothing can shorten much
    out += (i ? "," : "") + std::string("urn:test|") + std::to_string((i + 1) * 2'654'435'761'123 % 100'000'000'000);
  return out;
}

TEST(ABoundedSearch, that_came_by_post_goes_on_by_a_link_that_we_take) {
  World world;
  for (int i = 0; i < 2; ++i)
    ASSERT_EQ(
        world.post("/fhir/Patient", R"({"resourceType":"Patient","identifier":[{"system":"urn:test","value":"x"}]})")
            .status,
        201);
  const auto ask = [&](const std::string& address, std::size_t count) {
    return world.ask("POST", address, {{"Content-Type", "application/x-www-form-urlencoded"}},
                     "_count=1&identifier=urn:test|x," + identifiers(count));
  };
  const std::string search = "/fhir/Patient/_search";
  const Answer page = ask(search, 500);
  const std::string next = link(page.body, "next");
  ASSERT_FALSE(next.empty()) << page.body;
  EXPECT_LE(next.size(), 8u << 10);
  EXPECT_EQ(match_ids(world.get(next.substr(std::string("http://varde.test").size())).body).size(), 1u);
  // Too long for a link: the next page is asked for by the same form.
  const Answer longer = ask(search, 5000);
  ASSERT_EQ(longer.status, 200) << longer.body;
  EXPECT_NE(longer.body.find("by POST to the next link"), std::string::npos) << longer.body;
  const std::string more = link(longer.body, "next").substr(std::string("http://varde.test").size());
  EXPECT_LE(more.size(), 8u << 10);
  const Answer second = ask(more, 5000);
  EXPECT_EQ(match_ids(second.body).size(), 1u) << second.body;
  EXPECT_NE(match_ids(second.body), match_ids(longer.body));
  EXPECT_EQ(link(second.body, "next"), "");
  EXPECT_EQ(ask(more, 4999).status, 400) << "another form";
  EXPECT_EQ(world.ask("POST", more, {{"Content-Type", "application/x-www-form-urlencoded"}}, "").status, 400) << "none";
}

TEST(ABoundedSearch, of_definitions_that_came_by_post_goes_on_by_its_form) {
  World world;
  for (const auto* id : {"a", "b"})
    ASSERT_EQ(world
                  .put(std::string("/fhir/ConceptMap/") + id,
                       std::string(R"({"resourceType":"ConceptMap","status":"active","id":")") + id +
                           R"(","url":"http://hl7.org/fhir/own"})")
                  .status,
              201);
  for (const std::string& sort : {std::string(), std::string("&_sort=_id")}) {
    const auto ask = [&](const std::string& address, std::size_t count) {
      std::string form = "_count=1&url=http://hl7.org/fhir/own,http://hl7.org/fhir/ConceptMap/cm-address-use-v3";
      for (std::size_t i = 0; i < count; ++i) form += ",urn:x:" + std::to_string(i * 7919);
      return world.ask("POST", address, {{"Content-Type", "application/x-www-form-urlencoded"}}, form + sort);
    };
    std::string address = "/fhir/ConceptMap/_search";
    std::vector<std::string> met;
    for (int page = 0; page < 4 && !address.empty(); ++page) {
      const Answer answer = ask(address, 5000);
      ASSERT_EQ(answer.status, 200) << answer.body;
      for (const std::string& id : match_ids(answer.body)) met.push_back(id);
      const std::string next = link(answer.body, "next");
      EXPECT_LE(next.size(), 8u << 10);
      EXPECT_EQ(next.empty(), answer.body.find("by POST to the next link") == std::string::npos);
      if (!next.empty()) {
        const std::string path = next.substr(std::string("http://varde.test").size());
        EXPECT_EQ(ask(path, 4999).status, 400) << "another form";
        address = path;
      } else {
        address.clear();
      }
    }
    EXPECT_EQ(met, (std::vector<std::string>{"a", "b", "cm-address-use-v3"})) << sort;
  }
}

TEST(ABoundedSearch, takes_repeated_sort_keys_and_includes_as_one) {
  World world;
  ASSERT_EQ(world.put("/fhir/Patient/p", R"({"resourceType":"Patient","id":"p"})").status, 201);
  ASSERT_EQ(world
                .put("/fhir/Basic/a",
                     R"({"resourceType":"Basic","id":"a","code":{"text":"x"},"subject":{"reference":"Patient/p"}})")
                .status,
            201);
  std::string sorted = "/fhir/Basic?_sort=_id" + repeated(",_id", 1000);
  EXPECT_EQ(match_ids(world.get(sorted).body), (std::vector<std::string>{"a"}));
  const Answer answer = world.get("/fhir/Basic?_id=a" + repeated("&_include=Basic:subject", 200));
  EXPECT_EQ(size_at(answer.body, "entry"), 2u) << answer.body;
}

}  // namespace
}  // namespace varde::test
