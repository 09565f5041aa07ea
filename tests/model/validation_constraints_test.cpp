// Holds us to https://hl7.org/fhir/R4/conformance-rules.html#constraints: what is told without FHIRPath never differs
// from what the official expressions tell, on the official examples and on thousands of spoilt copies of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <set>

#include "fhir-model/fhirpath/fhirpath.h"
#include "fhir-model/json/json.h"
#include "fhir-model/validation/invariants.h"
#include "fhir-model/validation/shortcuts.h"
#include "fhir-model/validation/validation.h"
#include "tests/model/support/reference.h"

namespace varde::fhir {
namespace {

constexpr auto kPairs = "fhir/r4-example-pairs.tar.xz";

TEST(Constraint, of_r4_is_always_an_expression_that_compiles_or_is_checked_otherwise) {
  std::size_t by_fhirpath = 0;
  for (const ConstraintRow& row : constraints()) {
    if (!checked_by_the_walk(row).empty()) continue;
    const auto compiled = fhirpath::compile(row.expression);
    EXPECT_TRUE(compiled) << row.key << ": " << (compiled ? "" : compiled.error().diagnostics);
    ++by_fhirpath;
  }
  EXPECT_EQ(by_fhirpath, constraints().size() - 13);
}

TEST(Constraint, has_at_most_one_shortcut_and_no_shortcut_stands_alone) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const ShortcutRow& shortcut : shortcuts()) {
    EXPECT_TRUE(seen.insert({shortcut.defined_by, shortcut.key}).second) << shortcut.key;
    const bool stated = std::any_of(constraints().begin(), constraints().end(), [&](const ConstraintRow& row) {
      return find_shortcut(row) == &shortcut && checked_by_the_walk(row).empty();
    });
    EXPECT_TRUE(stated) << shortcut.defined_by << " " << shortcut.key;
    EXPECT_NE(shortcut.rule.back(), '.') << "the sentence gets its stop and key later";
  }
}

/// Every element of a resource with the constraints upon it.
void each_invariant(Element at, const std::function<void(Element, const Invariant&)>& visit) {
  for (const Invariant* invariant : invariants_of(at.type())) visit(at, *invariant);
  for (const Element child : at.children()) {
    for (const Invariant* invariant : invariants_on(*child.definition())) visit(child, *invariant);
    each_invariant(child, visit);
  }
}

/// A copy without its nth element, or with that element's text spoilt; nothing when there are fewer.
std::optional<Tree> spoilt(Element root, std::size_t nth, bool drop) {
  Tree copy = Tree::copy_of(root);
  std::vector<Element> all, waiting{copy.root()};
  while (!waiting.empty() && all.size() <= nth) {
    const Element at = waiting.back();
    waiting.pop_back();
    for (const Element child : at.children()) {
      all.push_back(child);
      waiting.push_back(child);
    }
  }
  if (nth >= all.size()) return std::nullopt;
  const Element chosen = all[nth];
  if (drop) {
    copy.edit().edit(chosen.parent()).remove_child(chosen);
  } else if (chosen.has_value()) {
    std::string text(chosen.value());
    std::ranges::reverse(text);
    copy.edit().edit(chosen).set_value(text);
  }
  return copy;
}

bool has_shortcut(Element at) {
  return std::ranges::any_of(invariants_of(at.type()),
                             [](const Invariant* invariant) { return find_shortcut(invariant->row()) != nullptr; });
}

/// Copies in which an element with shortcuts has one more element, each that its type knows.
void each_grown(Element root, const std::function<void(Element)>& visit) {
  std::vector<Element> waiting{root};
  std::map<TypeId, std::size_t> met;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    for (const Element child : Element(waiting[i]).children()) waiting.push_back(child);
    const Element at = waiting[i];
    if (is_primitive(at.type()) || !has_shortcut(at) || ++met[at.type()] > 3) continue;
    for (const ElementRow& row : elements_of(at.type())) {
      const TypeKind kind = row_of(row.type).kind;
      if (kind == TypeKind::resource || kind == TypeKind::abstract_resource) continue;
      Tree copy = Tree::copy_of(root);
      std::vector<Element> same{copy.root()};  // in the same order
      for (std::size_t j = 0; same.size() <= i; ++j)
        for (const Element child : Element(same[j]).children()) same.push_back(child);
      Editor editor = copy.edit().edit(same[i]);
      if (kind == TypeKind::primitive)
        editor.add(row.name, "1");
      else
        editor.add(row.name);
      visit(copy.root());
    }
  }
}

class ConstraintsOfExamples : public testing::Test {
 protected:
  void SetUp() override {
    if (auto unpacked = test::Unpacked::archive(kPairs)) pairs_.emplace(std::move(*unpacked));
    VARDE_NEEDS_REFERENCE(kPairs, pairs_.has_value());
  }
  std::vector<Tree> examples(std::size_t most_bytes) const {
    std::vector<Tree> out;
    for (const auto& file : pairs_->files(".json")) {
      const std::string text = test::read_file(file);
      if (text.size() > most_bytes) continue;
      auto tree = parse_json(text);
      if (tree) out.push_back(std::move(*tree));
    }
    return out;
  }
  std::optional<test::Unpacked> pairs_;
};

TEST_F(ConstraintsOfExamples, hold_by_their_expression_wherever_a_shortcut_says_so) {
  std::map<std::string_view, std::size_t> held, broken;
  const auto compare = [&](Element at, const Invariant& invariant) {
    if (find_shortcut(invariant.row()) == nullptr) return;
    const Verdict quick = invariant.judge(at), whole = invariant.evaluate(at);
    if (whole == Verdict::broken) ++broken[invariant.row().key];
    if (quick == Verdict::holds) ++held[invariant.row().key];
    if (quick != whole && whole != Verdict::unknown)
      ADD_FAILURE() << invariant.source() << " at " << at.path() << " of " << to_json(at.tree()->root()).substr(0, 400);
  };
  std::size_t copies = 0;
  for (const Tree& example : examples(6'000)) {
    each_invariant(example.root(), compare);
    for (std::size_t i = 0; i < 40; ++i)
      for (const bool drop : {true, false})
        if (const auto copy = spoilt(example.root(), i, drop)) {
          each_invariant(copy->root(), compare);
          ++copies;
        }
  }
  for (const Tree& example : examples(20'000))
    each_grown(example.root(), [&](Element copy) {
      each_invariant(copy, compare);
      ++copies;
    });
  std::cout << copies << " spoilt copies, " << held.size() << " shortcuts held, " << broken.size() << " broken\n";
  EXPECT_GE(held.size(), 30u) << "shortcuts that the examples reach";
  EXPECT_GE(broken.size(), 20u) << "shortcuts that spoilt examples break";
}

TEST_F(ConstraintsOfExamples, can_all_be_evaluated) {
  std::map<std::string, std::size_t> unknown;
  for (const Tree& example : examples(200'000))
    each_invariant(example.root(), [&](Element at, const Invariant& invariant) {
      if (invariant.judge(at) == Verdict::unknown) ++unknown[invariant.source()];
    });
  for (const auto& [source, count] : unknown) ADD_FAILURE() << source << " cannot be evaluated, " << count << " times";
}

}  // namespace
}  // namespace varde::fhir
