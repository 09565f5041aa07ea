/// What came due together happens in one transaction; what cannot holds up no other, and is tried again.
/// Source: server/clock/clock.h
#include "server/clock/clock.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/followup/world.h"

namespace varde::followup::test {
namespace {

using storage::DueKind;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class Due : public ::testing::Test {
 protected:
  void put(const std::vector<std::string>& subjects) {
    world.act([&](interaction::Act& act) -> Result<void> {
      for (const auto& subject : subjects)
        storage::due::put(act, {DueKind::contact, storage::PatientKey::none, subject, act.now()});
      return {};
    });
    world.pass(std::chrono::seconds(1));
  }
  std::vector<std::string> left() {
    return world.repository().read([](const interaction::View& view) {
      std::vector<std::string> subjects;
      for (const auto& row : storage::due::of(view, DueKind::contact, storage::PatientKey::none))
        subjects.push_back(row.subject);
      return subjects;
    });
  }
  void on(std::function<Result<void>(interaction::Act&, const std::string&)> handler) {
    clock.on(DueKind::contact, [this, handler](interaction::Act& act, const storage::DueRow& row) -> Result<void> {
      FHIR_TRY(handler(act, row.subject));
      storage::due::remove(act, row.kind, row.patient, row.subject);
      // What it writes stands only if the transaction does.
      auto tree = resource(R"({"resourceType":"Basic","code":{"text":")" + row.subject + "\"}}");
      return act.create(tree.edit()).map([](const auto&) {});
    });
  }
  std::vector<std::string> done() {
    std::vector<std::string> subjects;
    for (const auto& tree : world.all("Basic")) subjects.emplace_back(tree.root()["code"]["text"].value());
    return subjects;
  }

  World world;
  std::vector<std::string> said;
  clock::Clock clock{world.repository().as(access::ourselves("clock")),
                     [this](std::string_view line) { said.emplace_back(line); }};
};

TEST_F(Due, together_happens_in_one_transaction) {
  std::set<storage::Instant> transactions;
  on([&](interaction::Act& act, const std::string&) -> Result<void> {
    transactions.insert(act.now());
    return {};
  });
  put({"a", "b", "c"});
  EXPECT_EQ(clock.do_what_is_due(), 3u);
  EXPECT_EQ(transactions.size(), 1u);
  EXPECT_THAT(done(), UnorderedElementsAre("a", "b", "c"));
  EXPECT_TRUE(left().empty());
}

TEST_F(Due, that_cannot_be_done_holds_up_no_other_and_is_tried_again) {
  bool mended = false;
  on([&](interaction::Act&, const std::string& subject) -> Result<void> {
    if (mended) return {};
    if (subject == "b") return fail(Fault::business_rule, "not now");
    if (subject == "c") throw std::logic_error("a fault of ours");
    return {};
  });
  put({"a", "b", "c", "d"});
  EXPECT_EQ(clock.do_what_is_due(), 2u);
  EXPECT_THAT(done(), UnorderedElementsAre("a", "d")) << "each once";
  EXPECT_THAT(left(), ElementsAre("b", "c"));
  EXPECT_EQ(said.size(), 2u);
  EXPECT_EQ(clock.do_what_is_due(), 0u) << "not before a minute";
  mended = true;
  world.pass(std::chrono::minutes(2));
  EXPECT_EQ(clock.do_what_is_due(), 2u);
  EXPECT_TRUE(left().empty());
}

}  // namespace
}  // namespace varde::followup::test
