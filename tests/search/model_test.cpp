/// Search against a small, slow, obviously right one: random questions about random resources of every type, and about
/// the official examples where they are there, on both engines. What disagrees is shrunk to the fewest questions.
/// VARDE_MODEL_QUESTIONS says how many are asked (`VARDE_MODEL_QUESTIONS=100000 build/tests/test_search
/// --gtest_filter=Model*`).
#include <gtest/gtest.h>

#include <filesystem>

#include "fhir-model/json/json.h"
#include "server/interaction/repository.h"
#include "server/search/find.h"
#include "tests/model/support/reference.h"
#include "tests/search/support/random_resource.h"
#include "tests/search/support/slow_search.h"
#include "tests/support/engine.h"

namespace varde::test {
namespace {

using fhir::SearchKind;
using fhir::TypeId;
using Ids = std::set<std::string>;

std::size_t questions_to_ask(std::size_t usual) {
  const char* said = std::getenv("VARDE_MODEL_QUESTIONS");
  return said ? std::strtoull(said, nullptr, 10) : usual;
}

class Model : public testing::Test {
 protected:
  explicit Model(unsigned seed = 20261126) : random(seed) {
    std::string name = (std::filesystem::temp_directory_path() / "varde-model-XXXXXX").string();
    directory = ::mkdtemp(name.data());
    database = std::make_unique<storage::Database>(on_engine({.directory = directory.string() + "/data"}));
  }
  ~Model() override {
    database.reset();
    std::filesystem::remove_all(directory);
  }

  void store_all(std::vector<fhir::Tree> resources) {
    interaction::Store store{interaction::uuid_v7()};
    const interaction::Repository repository(*database, store, access::ourselves("test"));
    for (std::size_t from = 0; from < resources.size(); from += 100) {
      auto done = repository.write([&](interaction::Act& act) -> Result<void> {
        for (std::size_t i = from; i < std::min(resources.size(), from + 100); ++i) {
          fhir::Tree copy = fhir::parse_json(fhir::to_json(resources[i].root())).value();
          FHIR_TRY(act.create(copy.edit(), std::string(resources[i].root()["id"].value())));
        }
        return {};
      });
      ASSERT_TRUE(done) << done.error().diagnostics;
    }
    for (const fhir::Tree& one : resources) types.insert(one.root().type());
    model = std::make_unique<SlowSearch>(std::move(resources), database->zone());
  }

  // --- questions
  std::vector<const fhir::SearchParameterRow*> parameters_of(TypeId type) const {
    std::vector<const fhir::SearchParameterRow*> out;
    for (const auto& row : fhir::search_parameters())
      if (row.type == type && search::parameters_of(type).find(row.code) && row.kind != SearchKind::composite &&
          row.kind != SearchKind::special)
        out.push_back(&row);
    return out;
  }
  std::string ordered(const std::string& value) {
    static const std::vector<std::string> kPrefixes{"", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"};
    return random.one_of(kPrefixes) + value;
  }
  static std::string first_of(fhir::Element element, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names)
      for (const fhir::Element child : element.each(name))
        if (!child.value().empty()) return std::string(child.value());
    return {};
  }
  std::string token_of(fhir::Element element) {
    fhir::Element coding = element;
    if (fhir::row_of(element.type()).name == "CodeableConcept")
      for (const fhir::Element one : element.each("coding")) coding = one;
    if (element.value().find('|') != std::string_view::npos) return {};
    if (element.has_value()) return random.in(4) ? "|" + std::string(element.value()) : std::string(element.value());
    const std::string system(coding["system"].value()), code = first_of(coding, {"code", "value"});
    const bool is_contact = fhir::row_of(element.type()).name == "ContactPoint";
    if (code.find('|') != code.npos) return {};  // tests/search/value_test asks for escaped bars
    if (code.empty()) return system.empty() || is_contact ? std::string() : system + "|";
    if (random.in(3) || is_contact) return code;
    return random.in(6) && !system.empty() ? system + "|" : system + "|" + code;
  }
  /// Text that the parameter may fit, out of a resource that has it.
  std::string value_of(const fhir::SearchParameterRow& parameter, fhir::Element element) {
    switch (parameter.kind) {
      case SearchKind::token: return token_of(element);
      case SearchKind::string: {
        std::string text = element.has_value() ? std::string(element.value())
                                               : first_of(element, {"family", "text", "given", "city", "line"});
        return random.in(3) ? text : text.substr(0, text.find(' '));
      }
      case SearchKind::date: {
        const std::string text =
            element.has_value() ? std::string(element.value()) : first_of(element, {"start", "end"});
        if (text.empty()) return {};
        return ordered(random.in(3) ? text.substr(0, 4) : text);
      }
      case SearchKind::number: return element.value().empty() ? std::string() : ordered(std::string(element.value()));
      case SearchKind::quantity: {
        const std::string number(element["value"].value()), unit = first_of(element, {"code", "unit"});
        if (number.empty()) return {};
        return ordered(number) + (random.in(2) || unit.empty() || unit.find('|') != unit.npos ? "" : "||" + unit);
      }
      case SearchKind::reference:
        if (element.has_value() && element.value().find_first_of("/:") == std::string_view::npos) return {};
        return std::string(element.has_value() ? element.value() : element["reference"].value());
      case SearchKind::uri: return std::string(element.value());
      default: return {};
    }
  }
  std::optional<Question> question(TypeId type) {
    const auto parameters = parameters_of(type);
    if (parameters.empty()) return std::nullopt;
    Question out{random.one_of(parameters)};
    if (random.in(10)) return out.modifier = "missing", out.value = random.in(2) ? "true" : "false", out;
    const auto& all = model->resources();
    for (int attempt = 0; attempt < 40; ++attempt) {
      const fhir::Element resource = random.one_of(all).root();
      if (resource.type() != type) continue;
      const auto elements = model->selected(*out.parameter, resource);
      if (elements.empty()) continue;
      out.value = value_of(*out.parameter, random.one_of(elements));
      if (out.value.empty() || out.value.size() > 200 || out.value.starts_with('#')) continue;
      if (out.parameter->kind == SearchKind::token && random.in(5)) out.modifier = "not";
      if (out.parameter->kind == SearchKind::string && random.in(2)) out.modifier = random.in(2) ? "exact" : "contains";
      return out;
    }
    return std::nullopt;
  }

  // --- answers
  Ids found(const storage::Snapshot& snapshot, TypeId type, const search::Parameters& parameters) {
    Ids out;
    const search::Asking asking{.snapshot = snapshot, .base = "", .now = now};
    auto query = search::parse_query(type, parameters, {}, asking);
    EXPECT_TRUE(query) << query.error().diagnostics << "\n"
                       << fhir::row_of(type).name << "?" << parameters.front().first << "="
                       << parameters.front().second;
    if (!query) return out;
    std::optional<search::Mark> mark;
    do {
      auto page = search::find(*query, snapshot, mark ? &*mark : nullptr);
      EXPECT_TRUE(page) << page.error().diagnostics;
      if (!page) break;
      for (const search::Hit& hit : page->hits) EXPECT_TRUE(out.insert(hit.id).second) << hit.id << " came twice";
      mark = page->next;
    } while (mark);
    EXPECT_EQ(search::count_all(*query, snapshot), out.size());
    return out;
  }
  /// nullopt: the model cannot tell.
  std::optional<Ids> expected(TypeId type, const std::vector<Question>& questions) const {
    std::optional<Ids> out;
    for (const Question& one : questions) {
      const auto ids = model->find(type, one);
      if (!ids) return std::nullopt;
      Ids both;
      if (out) std::ranges::set_intersection(*out, *ids, std::inserter(both, both.end()));
      out = out ? both : *ids;
    }
    return out;
  }
  static search::Parameters query_of(const std::vector<Question>& questions) {
    search::Parameters out;
    for (const Question& one : questions) out.emplace_back(one.name(), one.text());
    return out;
  }
  // --- the same as a _filter
  static std::string json_string(const std::string& text) {
    std::string out;
    fhir::write_json_string(text, out);
    return out;
  }
  static std::string comparison(const Question& one) {
    const std::string name(one.parameter->code);
    const SearchKind kind = one.parameter->kind;
    if (one.modifier == "missing") return name + " pr " + (one.value == "true" ? "false" : "true");
    if (one.modifier == "not") return "not (" + name + " eq " + json_string(one.text()) + ")";
    if (kind == SearchKind::string && one.modifier != "exact")
      return name + (one.modifier == "contains" ? " co " : " sw ") + json_string(one.text());
    const std::string text = one.text();
    const bool has_prefix = kind == SearchKind::date || kind == SearchKind::number || kind == SearchKind::quantity;
    if (has_prefix && text[0] >= 'a' && text[0] <= 'z')
      return name + " " + text.substr(0, 2) + " " + json_string(text.substr(2));
    return name + (kind == SearchKind::reference ? " re " : " eq ") + json_string(text);
  }
  Ids all_of(TypeId type) const {
    Ids out;
    for (const fhir::Tree& tree : model->resources())
      if (tree.root().type() == type) out.emplace(tree.root()["id"].value());
    return out;
  }
  /// Some questions joined at random, and whom that fits.
  struct Filtered {
    std::string text;
    Ids ids;
  };
  std::optional<Filtered> filtered(TypeId type, int depth) {
    if (depth == 0 || random.in(3)) {
      const auto one = question(type);
      if (!one || one->modifier == "exact") return std::nullopt;
      auto ids = model->find(type, *one);
      if (!ids) return std::nullopt;
      return Filtered{comparison(*one), std::move(*ids)};
    }
    auto a = filtered(type, depth - 1);
    if (!a) return std::nullopt;
    if (random.in(4)) {
      Filtered out{"not (" + a->text + ")", {}};
      std::ranges::set_difference(all_of(type), a->ids, std::inserter(out.ids, out.ids.end()));
      return out;
    }
    auto b = filtered(type, depth - 1);
    if (!b) return std::nullopt;
    const bool all = random.in(2);
    Filtered out{"(" + a->text + (all ? ") and (" : ") or (") + b->text + ")", {}};
    if (all)
      std::ranges::set_intersection(a->ids, b->ids, std::inserter(out.ids, out.ids.end()));
    else
      std::ranges::set_union(a->ids, b->ids, std::inserter(out.ids, out.ids.end()));
    return out;
  }
  void ask_filters(std::size_t many) {
    std::size_t asked = 0, told = 0;
    const std::vector<TypeId> all(types.begin(), types.end());
    Budget budget(Allowance{.time = std::chrono::hours(5), .steps = UINT64_MAX, .bytes = SIZE_MAX});
    database->read(
        [&](const storage::Snapshot& snapshot) {
          for (std::size_t i = 0; i < 40 * many && asked < many && told < 5; ++i) {
            const TypeId type = random.one_of(all);
            const auto one = filtered(type, 3);
            if (!one) continue;
            ++asked;
            const Ids is = found(snapshot, type, {{"_filter", one->text}, {"_count", "7"}});
            if (is != one->ids) ++told;
            EXPECT_EQ(is, one->ids) << fhir::row_of(type).name << "?_filter=" << one->text;
          }
          return 0;
        },
        budget);
    EXPECT_GE(asked, many);
  }

  bool agrees(const storage::Snapshot& snapshot, TypeId type, const std::vector<Question>& questions) {
    const auto right = expected(type, questions);
    if (!right) return true;
    auto parameters = query_of(questions);
    parameters.emplace_back("_count", "7");
    return found(snapshot, type, parameters) == *right;
  }
  /// The fewest of the questions that still disagree, and of which resources.
  std::string shrunk(const storage::Snapshot& snapshot, TypeId type, std::vector<Question> questions) {
    for (std::size_t i = 0; i < questions.size() && questions.size() > 1;) {
      std::vector<Question> fewer = questions;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      if (agrees(snapshot, type, fewer))
        ++i;
      else
        questions = std::move(fewer), i = 0;
    }
    std::string out(fhir::row_of(type).name);
    for (const auto& [name, text] : query_of(questions))
      out += (out.find('?') == out.npos ? "?" : "&") + name + "=" + text;
    const Ids is = found(snapshot, type, query_of(questions)), right = *expected(type, questions);
    int told = 0;
    for (const fhir::Tree& tree : model->resources()) {
      const std::string id(tree.root()["id"].value());
      if (tree.root().type() != type || is.contains(id) == right.contains(id) || ++told > 2) continue;
      out += (is.contains(id) ? "\n  should not find " : "\n  should find ") + fhir::to_json(tree.root());
    }
    return out;
  }

  void ask(std::size_t many) {
    std::size_t asked = 0, told = 0, not_known = 0, found_some = 0;
    const std::vector<TypeId> all(types.begin(), types.end());
    Budget budget(Allowance{.time = std::chrono::hours(5), .steps = UINT64_MAX, .bytes = SIZE_MAX});
    database->read(
        [&](const storage::Snapshot& snapshot) {
          for (std::size_t i = 0; i < 20 * many && asked < many && told < 8; ++i) {
            const TypeId type = random.one_of(all);
            std::vector<Question> questions;
            for (std::size_t n = 0, of = 1 + random.below(3); n < of; ++n)
              if (auto one = question(type)) questions.push_back(std::move(*one));
            if (questions.empty()) continue;
            const auto right = expected(type, questions);
            if (!right) {
              ++not_known;
              continue;
            }
            ++asked, found_some += !right->empty();
            if (agrees(snapshot, type, questions)) continue;
            ++told;
            ADD_FAILURE() << shrunk(snapshot, type, questions);
          }
          return 0;
        },
        budget);
    std::cout << asked << " questions, of which " << found_some << " find something; " << not_known
              << " others are beyond the model\n";
    EXPECT_GE(asked, many);
    EXPECT_GT(found_some, asked / 4);
    EXPECT_LT(not_known, asked) << "the model should tell of most";
  }

  RandomResource random;
  std::filesystem::path directory;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<SlowSearch> model;
  std::set<TypeId> types;
  const storage::Instant now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}};
};

TEST_F(Model, agrees_on_random_resources_of_every_type) {
  std::vector<fhir::Tree> resources;
  for (std::size_t i = 0; i < fhir::types().size(); ++i) {
    const auto type = static_cast<TypeId>(i);
    if (!fhir::is_resource(type) || fhir::row_of(type).name == "Bundle" || fhir::row_of(type).name == "Parameters")
      continue;
    for (int n = 0; n < 6; ++n) {
      const std::string json = random.json(type, "r" + std::to_string(n));
      auto tree = fhir::parse_json(json);
      ASSERT_TRUE(tree) << tree.error().diagnostics << "\n" << json;
      resources.push_back(std::move(*tree));
    }
  }
  store_all(std::move(resources));
  ask(questions_to_ask(1500));
  ask_filters(questions_to_ask(1500) / 3);
}

TEST_F(Model, agrees_on_the_official_examples) {
  const auto examples = Unpacked::archive("fhir/r4-example-pairs.tar.xz");
  VARDE_NEEDS_REFERENCE("fhir/r4-example-pairs.tar.xz", examples);
  std::vector<fhir::Tree> resources;
  std::set<std::string> known;
  for (const auto& file : examples->files(".json")) {
    auto tree = fhir::parse_json(read_file(file));
    ASSERT_TRUE(tree) << file;
    const std::string name =
        std::string(fhir::row_of(tree->root().type()).name) + "/" + std::string(tree->root()["id"].value());
    if (name.ends_with("/") || name.starts_with("Bundle/") || name.starts_with("Parameters/") ||
        !known.insert(name).second)
      continue;
    resources.push_back(std::move(*tree));
  }
  store_all(std::move(resources));
  ask(questions_to_ask(1500));
}

}  // namespace
}  // namespace varde::test
