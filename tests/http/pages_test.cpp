/// A page set reads one moment: random searches paged forward and back while others write, beside what was found at
/// once when they began. server/search/past.h
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>

#include "tests/http/support/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

std::string path_of(const std::string& url) { return url.substr(std::string("http://varde.test").size()); }

/// "Patient/3#2": of a page the matches in order, and what is sent along.
struct Page {
  std::vector<std::string> matches;
  std::vector<std::string> along;
  std::string next, previous, total;
};

Page read_page(const std::string& body) {
  rapidjson::Document bundle;
  bundle.Parse(body.c_str());
  Page out{{}, {}, link(body, "next"), link(body, "previous"), json(body, "total")};
  if (!bundle.HasMember("entry")) return out;
  for (const auto& entry : bundle["entry"].GetArray()) {
    const auto& resource = entry["resource"];
    const std::string name = std::string(resource["resourceType"].GetString()) + "/" + resource["id"].GetString() +
                             "#" + resource["meta"]["versionId"].GetString();
    (std::string_view(entry["search"]["mode"].GetString()) == "match" ? out.matches : out.along).push_back(name);
  }
  return out;
}

class Clinic {
 public:
  explicit Clinic(unsigned seed) : random_(seed) {
    for (int i = 0; i < 24; ++i) put_patient(i);
    for (int i = 0; i < 40; ++i) put_reading(i);
  }

  int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }
  const World& world() const { return world_; }

  /// Something is written: changed, deleted or made.
  void write() {
    const int which = below(30);
    switch (below(6)) {
      case 0: world_.ask("DELETE", "/fhir/Patient/" + std::to_string(which)); break;
      case 1: world_.ask("DELETE", "/fhir/Basic/" + std::to_string(which)); break;
      case 2: put_reading(below(45)); break;
      default: put_patient(which);
    }
  }

  Page page(const std::string& path) const {
    const auto answer = world_.get(path);
    EXPECT_EQ(answer.status, 200) << path << answer.body;
    return read_page(answer.body);
  }

 private:
  void put_patient(int number) {
    constexpr std::array kNames{"Aas", "Berg", "Bakke", "Carlsen", "Dahl", "Eide", "Foss"};
    const std::string id = std::to_string(number), name = kNames.at(static_cast<std::size_t>(below(7)));
    const std::string second = kNames.at(static_cast<std::size_t>(below(7)));
    std::string body = R"({"resourceType":"Patient","id":")" + id + R"(","name":[{"family":")" + name +
                       R"("},{"family":")" + second + R"("}],"gender":")" + (below(2) ? "male" : "female") + "\"";
    if (below(4))
      body += R"(,"birthDate":"19)" + std::to_string(40 + below(9)) + "-0" + std::to_string(1 + below(9)) + "-01\"";
    world_.put("/fhir/Patient/" + id, body + "}");
  }
  void put_reading(int number) {
    const std::string id = std::to_string(number);
    world_.put("/fhir/Basic/" + id, R"({"resourceType":"Basic","id":")" + id + R"(","code":{"coding":[{"code":")" +
                                        (below(2) ? "a" : "b") + R"("}]},"created":"2024-01-0)" +
                                        std::to_string(1 + below(9)) + R"(","subject":{"reference":"Patient/)" +
                                        std::to_string(below(26)) + R"("}})");
  }

  World world_;
  std::mt19937 random_;
};

constexpr std::array kSearches{
    "Patient?_total=accurate",
    "Patient?gender=female",
    "Patient?gender=female&_sort=family",
    "Patient?_sort=-family",
    "Patient?_sort=birthdate",
    "Patient?_sort=-birthdate,family",
    "Patient?_sort=_lastUpdated&_total=accurate",
    "Patient?_sort=-_lastUpdated",
    "Patient?_sort=_id",
    "Patient?family=b,c&birthdate=ge1942",
    "Patient?birthdate:missing=true&_sort=family",
    "Patient?family:exact=Berg&gender:not=male",
    "Patient?_has:Basic:patient:code=a",
    "Patient?_has:Basic:patient:code=a&_sort=family&_total=accurate",
    "Patient?_revinclude=Basic:patient",
    "Basic?code=a&_include=Basic:patient",
    "Basic?patient.gender=male",
    "Basic?patient.family=b&_sort=-created,_id",
    "Basic?_sort=created&_include=Basic:patient",
    "Basic?subject:Patient.gender=female&code=b&_total=accurate",
    "Patient?_filter=family%20eq%20%22Berg%22%20or%20birthdate%20lt%201943",
    "Patient?_filter=not%20(gender%20eq%20male)%20and%20birthdate%20ge%201942&_sort=family",
    "Basic?_filter=patient.family%20sw%20%22b%22",
    "?_type=Patient,Basic",
    "?_type=Basic,Patient&_sort=-_lastUpdated&_total=accurate",
};

void expect_one_moment(Clinic& clinic, const std::string& search, int count) {
  const std::string base = "/fhir/" + search;
  const Page all = clinic.page(base + "&_count=1000");
  ASSERT_EQ(all.next, "");
  std::vector<Page> pages{clinic.page(base + "&_count=" + std::to_string(count))};
  while (!pages.back().next.empty()) {
    for (int i = clinic.below(4); i > 0; --i) clinic.write();
    pages.push_back(clinic.page(path_of(pages.back().next)));
    ASSERT_LT(pages.size(), 200U) << search;
  }
  std::vector<std::string> matches;
  std::set<std::string> along;
  for (const Page& page : pages) {
    matches.insert(matches.end(), page.matches.begin(), page.matches.end());
    along.insert(page.along.begin(), page.along.end());
    if (search.find("_total") != std::string::npos) {
      EXPECT_EQ(page.total, std::to_string(all.matches.size())) << search;
    }
  }
  EXPECT_EQ(matches, all.matches) << search;
  EXPECT_EQ(along, (std::set<std::string>(all.along.begin(), all.along.end()))) << search;
  for (std::size_t i = pages.size(); i-- > 1;) {
    ASSERT_NE(pages[i].previous, "") << search;
    clinic.write();
    const Page before = clinic.page(path_of(pages[i].previous));
    EXPECT_EQ(before.matches, pages[i - 1].matches) << search;
    EXPECT_EQ(std::set(before.along.begin(), before.along.end()),
              std::set(pages[i - 1].along.begin(), pages[i - 1].along.end()))
        << search;
    EXPECT_EQ(before.previous.empty(), i == 1) << search;
    EXPECT_FALSE(before.next.empty()) << search;
  }
  EXPECT_EQ(pages.front().previous, "");
}

TEST(Pages, of_random_searches_show_one_moment_whatever_is_written_between_them) {
  Clinic clinic(7);
  for (int round = 0; round < 3; ++round)
    for (const char* search : kSearches) {
      expect_one_moment(clinic, search, 1 + clinic.below(5));
      if (HasFailure()) FAIL() << search;
    }
}

TEST(Pages, walked_back_and_forth_meet_the_same_matches) {
  Clinic clinic(11);
  Page page = clinic.page("/fhir/Patient?_sort=family&_count=4");
  const Page first = page;
  std::vector<Page> ahead{page};
  for (int i = 0; i < 3; ++i) ahead.push_back(page = clinic.page(path_of(page.next)));
  for (int i = 2; i >= 0; --i) {
    clinic.write();
    page = clinic.page(path_of(page.previous));
    EXPECT_EQ(page.matches, ahead[static_cast<std::size_t>(i)].matches);
  }
  EXPECT_EQ(page.previous, "");
  EXPECT_EQ(clinic.page(path_of(page.next)).matches, ahead[1].matches);
  EXPECT_EQ(page.matches, first.matches);
}

TEST(Pages, end_where_the_most_results_do_and_lead_back) {
  Clinic clinic(13);
  const Page first = clinic.page("/fhir/Patient?_sort=family&_count=20&_maxresults=21");
  const Page last = clinic.page(path_of(first.next));
  EXPECT_EQ(last.matches.size(), 1U);
  EXPECT_EQ(last.next, "");
  EXPECT_EQ(clinic.page(path_of(last.previous)).matches, first.matches);
}

}  // namespace
}  // namespace varde::test
