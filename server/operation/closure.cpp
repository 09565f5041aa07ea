/// $closure: a table of which of a client's codes stand below which, that grows with every code the client meets.
/// Source: https://hl7.org/fhir/R4/conceptmap-operation-closure.html,
///         https://hl7.org/fhir/R4/terminology-service.html#closure
///   name     what the client calls its table; alone it begins the table (anew)
///   concept  codes to be entered; the answer has what is new of them
///   version  in place of concepts: what has been entered since that version
/// A table is stored as a ConceptMap of our own, closure-[name]: its versions are those of the table, so that what a
/// client missed is the difference of two of them. A row is read "the target subsumes the source".
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "fhir-model/terminology/codes.h"
#include "fhir-model/validation/validation.h"
#include "server/interaction/answer.h"
#include "server/interaction/text.h"
#include "server/operation/asked_terms.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

using interaction::Act;
using terminology::Membership;

const fhir::TypeId kConceptMap = fhir::find_resource_type("ConceptMap");
constexpr std::size_t kMostCodes = 10'000;  ///< of one system in one table

/// Codes of one system, each with those that stand above it.
using Rows = std::map<std::string, std::set<std::string>>;
using Table = std::map<std::string, Rows>;  ///< by system

Table table_of(fhir::Element map) {
  Table table;
  for (const auto group : map.each("group"))
    for (const auto element : group.each("element")) {
      auto& above = table[std::string(group["source"].value())][std::string(element["code"].value())];
      for (const auto target : element.each("target")) above.emplace(target["code"].value());
    }
  return table;
}

/// What `now` has and `before` had not; codes without a row are no entries of an answer.
Table since(const Table& now, const Table& before) {
  Table out;
  for (const auto& [system, rows] : now)
    for (const auto& [code, above] : rows)
      for (const auto& upper : above) {
        const auto old_rows = before.find(system);
        const auto old = old_rows == before.end() ? Rows::const_iterator() : old_rows->second.find(code);
        const bool known = old_rows != before.end() && old != old_rows->second.end() && old->second.contains(upper);
        if (!known) out[system][code].insert(upper);
      }
  return out;
}

void write_rows(fhir::Editor map, const Table& table) {
  for (const auto& [system, rows] : table) {
    auto group = map.add("group");
    group.set("source", system);
    group.set("target", system);
    for (const auto& [code, above] : rows) {
      auto element = group.add("element");
      element.set("code", code);
      for (const auto& upper : above) {
        auto target = element.add("target");
        target.set("code", upper);
        target.set("equivalence", "subsumes");
      }
    }
  }
}

fhir::Tree map_of(const std::string& id, const std::string& title, std::string_view version, std::string_view now,
                  const Table& table) {
  auto tree = fhir::Tree::of("ConceptMap");
  auto map = tree.edit();
  map.set("id", id);
  map.set("version", version);
  map.set("name", title);
  map.set("status", "active");
  map.set("experimental", "true");
  map.set("date", now);
  write_rows(map, table);
  return tree;
}

struct Question {
  std::string name, version;
  std::vector<Coded> concepts;
  std::string id() const { return "closure-" + name; }
};

Result<Question> question_of(const Request& request) {
  const auto input = Input::read(request, {"name", "concept", "version"});
  FHIR_TRY(input);
  Question question{input->one("name").value_or(""), input->one("version").value_or(""), {}};
  if (question.name.empty()) return fail(Fault::required_missing, "Say which closure table: name.", "name");
  if (!fhir::is_id(question.id()))
    return fail(Fault::parameter_malformed,
                "A closure table's name is 1 to 56 of the characters A-Z a-z 0-9 - and dot.", "name");
  for (const auto parameter : input->elements("concept")) {
    const auto coding = parameter["valueCoding"];
    question.concepts.push_back({std::string(coding["system"].value()),
                                 std::string(coding["version"].value()),
                                 std::string(coding["code"].value()),
                                 {}});
    if (question.concepts.back().system.empty() || question.concepts.back().code.empty())
      return fail(Fault::parameter_malformed, "A concept is a Coding with system and code.", parameter.path());
  }
  if (!question.concepts.empty() && !question.version.empty())
    return fail(Fault::parameter_malformed, "Send concepts to be entered, or a version to catch up from, not both.",
                "version");
  return question;
}

/// Enters the codes of one system. Faults: not_found (the system), code_invalid.
Result<void> enter(Rows& rows, const AskedSystem& system, const std::vector<std::string>& codes, const View& view) {
  auto known = system.codes();
  for (const auto& code : codes) {
    if (rows.contains(code)) continue;
    if (known.has(code) != Membership::in)
      return fail(Fault::code_invalid, fmt::format("{} has no such code, as far as it is known here.", system.url()),
                  "concept");
    if (rows.size() >= kMostCodes)
      return fail(Fault::too_costly, "A closure table holds at most 10000 codes of a system.", "concept");
    std::set<std::string> above;
    for (auto& [other, others_above] : rows) {
      view.budget().spend();
      FHIR_TRY(view.budget().within());
      if (known.is_a(code, other) == Membership::in) above.insert(other);
      if (known.is_a(other, code) == Membership::in) others_above.insert(code);
    }
    rows.emplace(code, std::move(above));
  }
  return {};
}

Result<void> enter_all(Table& table, const Question& question, Terms& terms, const View& view) {
  std::map<std::string, std::vector<std::string>> by_system;
  for (const Coded& coded : question.concepts) by_system[coded.system].push_back(coded.code);
  for (const auto& [url, codes] : by_system) {
    AskedSystem system;
    const auto stored = terms.stored(url);
    if (stored && stored.type_name() == "CodeSystem" && stored["content"].value() != "not-present")
      system.written = stored;
    else
      system.known = terminology::find_code_system(url);
    if (!system.written && system.known == terminology::SystemId::none)
      return fail(Fault::not_found, "The code system is not known here: what stands below its codes cannot be said.",
                  "concept");
    FHIR_TRY(enter(table[url], system, codes, view));
  }
  return {};
}

Response answer_of(const Question& question, std::string_view title, std::int64_t version, const Act& act,
                   const Table& table) {
  return interaction::answer_with(map_of(question.name, fmt::format("{} {}", title, question.name),
                                         std::to_string(version), interaction::fhir_instant(act.now()), table)
                                      .root());
}

/// Stores the table; its version.
Result<std::int64_t> keep(Act& act, const Question& question, const Table& table) {
  auto tree = map_of(question.id(), "Closure table " + question.name, "", interaction::fhir_instant(act.now()), table);
  tree.edit().remove("version");
  const auto stored = act.update(tree.edit(), question.id());
  FHIR_TRY(stored);
  return stored->version;
}

Result<Response> catch_up(const Question& question, const storage::Version& current, Act& act) {
  std::int64_t version = 0;
  const char* const end = question.version.data() + question.version.size();
  const bool is_number = std::from_chars(question.version.data(), end, version).ptr == end;
  const auto then = is_number ? act.version(kConceptMap, question.id(), version) : std::nullopt;
  if (!then) return fail(Fault::not_found, "The closure table has no such version; begin it anew.", "version");
  const Table before = then->method == storage::Method::remove ? Table() : table_of(View::tree(*then).root());
  return answer_of(question, "Updates for Closure Table", current.version, act,
                   since(table_of(View::tree(current).root()), before));
}

}  // namespace

Result<interaction::Work> closure(const Request& request, const Context&, const interaction::Reads&) {
  const auto question = question_of(request);
  FHIR_TRY(question);
  return [&request, question = *question](Act& act) -> Result<Response> {
    const auto current = act.current(kConceptMap, question.id());
    if (question.concepts.empty() && question.version.empty()) {
      const auto version = keep(act, question, {});
      FHIR_TRY(version);
      return answer_of(question, "Closure Table Creation", *version, act, {});
    }
    if (!current || current->method == storage::Method::remove)
      return fail(Fault::not_found, "There is no closure table of that name: begin it by sending its name alone.",
                  "name");
    if (!question.version.empty()) return catch_up(question, *current, act);
    const Table before = table_of(View::tree(*current).root());
    Table now = before;
    Terms terms(act, request.base);
    FHIR_TRY(enter_all(now, question, terms, act));
    if (now == before) return answer_of(question, "Updates for Closure Table", current->version, act, {});
    const auto version = keep(act, question, now);
    FHIR_TRY(version);
    return answer_of(question, "Updates for Closure Table", *version, act, since(now, before));
  };
}

}  // namespace varde::operation
