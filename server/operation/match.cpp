/// Patient/$match: who of ours the person described may be. https://hl7.org/fhir/R4/patient-operation-match.html
///   resource            what is known of the person
///   onlyCertainMatches  true: those who are it beyond doubt, or nobody
///   count               at most so many
/// The grade: a national identity number (or another identifier) in common is certain, a different one of the same
/// system certainly not; name and day of birth are probable, family name and day of birth are possible. Nobody is found
/// by a name alone.
#include <algorithm>
#include <array>
#include <map>

#include "fhir-model/json/json.h"
#include "fhir-model/view/patient.h"
#include "server/interaction/bundle.h"
#include "server/interaction/condition.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/search/fold.h"

namespace varde::operation {

namespace view = fhir::view;

namespace {

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
constexpr std::size_t kMostBorn = 1000;  // on one day, of one family

enum class Grade : std::uint8_t { certainly_not, possible, probable, certain };
struct GradeRow {
  Grade grade;
  std::string_view code, score;
};
/// http://hl7.org/fhir/R4/codesystem-match-grade.html
constexpr std::array kGrades{GradeRow{Grade::certainly_not, "certainly-not", "0"},
                             GradeRow{Grade::possible, "possible", "0.5"}, GradeRow{Grade::probable, "probable", "0.8"},
                             GradeRow{Grade::certain, "certain", "1"}};

/// How the identifiers agree: one in common is the person; none, but another of a system that gives each person one of
/// its own, is somebody else.
enum class Agreement : std::uint8_t { unknown, same, other };

Agreement identifiers(view::Patient asked, view::Patient ours) {
  Agreement found = Agreement::unknown;
  for (const auto one : asked.identifier())
    for (const auto other : ours.identifier()) {
      if (one.system().text().empty() || one.system().text() != other.system().text()) continue;
      if (one.value().text() == other.value().text()) return Agreement::same;
      found = Agreement::other;
    }
  return found;
}

bool same_text(std::string_view a, std::string_view b) { return !a.empty() && search::fold(a) == search::fold(b); }

bool shares_family(view::Patient asked, view::Patient ours) {
  for (const auto one : asked.name())
    for (const auto other : ours.name())
      if (same_text(one.family().text(), other.family().text())) return true;
  return false;
}

bool shares_given(view::Patient asked, view::Patient ours) {
  for (const auto one : asked.name())
    for (const auto other : ours.name())
      for (const auto given : one.given())
        for (const auto known : other.given())
          if (same_text(given.text(), known.text())) return true;
  return false;
}

Grade grade_of(view::Patient asked, view::Patient ours) {
  const auto agreement = identifiers(asked, ours);
  if (agreement == Agreement::same) return Grade::certain;
  const bool born = !asked.birth_date().text().empty() && asked.birth_date().text() == ours.birth_date().text();
  if (agreement == Agreement::other || !born || !shares_family(asked, ours)) return Grade::certainly_not;
  const bool other_gender =
      !asked.gender().text().empty() && !ours.gender().text().empty() && asked.gender().text() != ours.gender().text();
  return shares_given(asked, ours) && !other_gender ? Grade::probable : Grade::possible;
}

/// Whoever shares an identifier, or a family name and the day of birth.
Result<std::vector<std::string>> candidates(view::Patient asked, const std::string& base, const View& view) {
  std::vector<std::string> ids;
  const auto add = [&](std::string id) {
    if (std::ranges::find(ids, id) == ids.end()) ids.push_back(std::move(id));
  };
  for (const auto identifier : asked.identifier())
    for (const auto key : view.by_identifier(kPatient, identifier.system().text(), identifier.value().text()))
      if (const auto version = view.current(key)) add(version->id);
  if (asked.birth_date().text().empty()) return ids;
  for (const auto name : asked.name()) {
    if (name.family().text().empty()) continue;
    std::string family(name.family().text());
    for (const std::string_view mark : {"\\", ",", "|", "$"})  // search.html#escaping
      for (std::size_t at = 0; (at = family.find(mark, at)) != std::string::npos; at += 2) family.insert(at, "\\");
    auto found = interaction::find_all(
        kPatient, {{"birthdate", std::string(asked.birth_date().text())}, {"family", family}}, base, view, kMostBorn);
    FHIR_TRY(found);
    for (auto& id : *found) add(std::move(id));
  }
  return ids;
}

struct Found {
  Grade grade;
  storage::Version version;
};

std::string answer_of(const std::vector<Found>& found, const std::string& base) {
  auto tree = fhir::Tree::of("Bundle");
  auto bundle = tree.edit();
  bundle.set("type", "searchset");
  bundle.set("total", std::to_string(found.size()));
  for (const auto& [grade, version] : found) {
    const auto row = std::ranges::find(kGrades, grade, &GradeRow::grade);
    auto entry = bundle.add("entry");
    entry.set("fullUrl", base + "/Patient/" + version.id);
    entry.add_copy("resource", interaction::View::tree(version).root());
    auto search = entry.add("search");
    auto extension = search.add("extension");
    extension.set("url", "http://hl7.org/fhir/StructureDefinition/match-grade");
    extension.set("valueCode", row->code);
    search.set("mode", "match");
    search.set("score", row->score);
  }
  return fhir::to_json(tree.root());
}

}  // namespace

Result<Response> match(const Request& request, const View& view, const Context& context) {
  const auto input = Input::read(request, {"resource", "onlyCertainMatches", "count"});
  FHIR_TRY(input);
  const auto only_certain = input->flag("onlyCertainMatches");
  FHIR_TRY(only_certain);
  const auto count = input->count("count", context.limits.default_count, context.limits.longest_page);
  FHIR_TRY(count);
  const auto parameters = input->elements("resource");
  const auto asked = parameters.empty() ? view::Patient() : view::Patient::of(parameters[0]["resource"]);
  if (!asked) return fail(Fault::required_missing, "resource is the Patient to look for", "resource");
  if (asked.identifier().empty() && asked.birth_date().text().empty())
    return fail(Fault::required_missing,
                "nobody is found by a name alone: give an identifier, or a family name and birthDate",
                "Patient.birthDate");
  const auto ids = candidates(asked, request.base, view);
  FHIR_TRY(ids);
  std::vector<Found> found;
  for (const auto& id : *ids) {
    auto version = view.current(kPatient, id);
    if (!version || version->method == storage::Method::remove) continue;
    const auto tree = View::tree(*version);
    const auto grade = grade_of(asked, view::Patient::of(tree.root()));
    if (grade > Grade::certainly_not && (!*only_certain || grade == Grade::certain))
      found.push_back({grade, std::move(*version)});
  }
  std::ranges::stable_sort(found, std::greater{}, &Found::grade);
  if (found.size() > *count) found.resize(*count);
  Response response;
  response.body = answer_of(found, request.base);
  return response;
}

}  // namespace varde::operation
