/// ConceptMap/$translate: what a code is called elsewhere, by the ConceptMaps that are stored and by R4's own.
/// Source: https://hl7.org/fhir/R4/conceptmap-operation-translate.html
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "fhir-model/package/package.h"
#include "server/interaction/asking.h"
#include "server/operation/asked_terms.h"
#include "server/operation/operations.h"
#include "server/search/find.h"

namespace varde::operation {

namespace {

using fhir::Element;

const fhir::TypeId kConceptMap = fhir::find_resource_type("ConceptMap");
constexpr std::size_t kMostMaps = 100;  ///< that are looked through when none is named
constexpr int kDeepest = 8;             ///< of maps that name another for what they do not map

/// What is asked: a code that is to be found on one side of a map, and what the other side should be.
struct Question {
  std::string_view system, code;
  std::string target_system;  ///< empty: any
  bool reverse = false;

  std::string_view here() const { return reverse ? "target" : "source"; }
  std::string_view there() const { return reverse ? "source" : "target"; }
};

/// Read the other way round, a wider code is a narrower one.
/// Source: https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html
struct Turned {
  std::string_view one, other;
};
constexpr std::array kTurned{Turned{"wider", "narrower"}, Turned{"subsumes", "specializes"}};

std::string_view equivalence_of(Element target, bool reverse) {
  const auto said = target["equivalence"].value();
  if (reverse)
    for (const auto& [one, other] : kTurned) {
      if (said == one) return other;
      if (said == other) return one;
    }
  return said;
}

class Translation {
 public:
  Translation(const Question& question, Terms& terms, const View& view)
      : question_(question), terms_(terms), view_(view) {}

  Result<void> look_in(Element map, int depth = 0) {
    for (const auto group : map.each("group")) {
      if (group[question_.here()].value() != question_.system) continue;
      if (!question_.target_system.empty() && group[question_.there()].value() != question_.target_system) continue;
      const auto looked = look_in_group(map, group, depth);
      FHIR_TRY(looked);
    }
    return {};
  }

  Response answer() {
    Answer out;
    out.add("result", "valueBoolean", found_ ? "true" : "false");
    if (!found_) out.add("message", "valueString", "No map that is known here leads from this code to another.");
    for (const auto& match : matches_) {
      auto parameter = out.add("match");
      const auto part = [&](std::string_view name) {
        auto added = parameter.add("part");
        added.set("name", name);
        return added;
      };
      part("equivalence").set("valueCode", match.equivalence);
      if (!match.code.empty()) {
        auto concept_part = part("concept");
        auto coding = concept_part.ensure("valueCoding");
        if (!match.system.empty()) coding.set("system", match.system);
        coding.set("code", match.code);
        if (!match.display.empty()) coding.set("display", match.display);
      }
      if (!match.map.empty()) part("source").set("valueUri", match.map);
    }
    return out.response();
  }

 private:
  struct Match {
    std::string equivalence, system, code, display, map;
  };

  Result<void> look_in_group(Element map, Element group, int depth) {
    bool mapped = false;
    for (const auto element : group.each("element")) {
      view_.budget().spend();
      FHIR_TRY(view_.budget().within());
      for (const auto target : element.each("target")) {
        const Element here = question_.reverse ? target : element, there = question_.reverse ? element : target;
        if (here["code"].value() != question_.code) continue;
        mapped = true;
        add(equivalence_of(target, question_.reverse), group[question_.there()].value(), there, map);
      }
    }
    return mapped || question_.reverse ? Result<void>() : use_unmapped(map, group, depth);
  }

  /// What a map says of all codes that it does not list.
  Result<void> use_unmapped(Element map, Element group, int depth) {
    const auto unmapped = group["unmapped"];
    const auto mode = unmapped["mode"].value();
    if (mode == "provided")
      matches_.push_back({"equal", std::string(group["target"].value()), std::string(question_.code), "",
                          std::string(map["url"].value())}),
          found_ = true;
    if (mode == "fixed") add("equivalent", group["target"].value(), unmapped, map);
    if (mode != "other-map") return {};
    if (depth == kDeepest)
      return fail(Fault::too_costly, "The maps lead from one to another without an end.", "ConceptMap.group.unmapped");
    const auto next = stored_map(unmapped["url"].value());
    FHIR_TRY(next);
    return look_in(*next, depth + 1);
  }

  Result<Element> stored_map(std::string_view canonical) {
    const auto found = terms_.stored(canonical);
    if (found.type() == kConceptMap) return found;
    return fail(Fault::not_found, "A map names another for what it does not list, which is not stored here.",
                "ConceptMap.group.unmapped.url");
  }

  void add(std::string_view equivalence, std::string_view system, Element concept_said, Element map) {
    matches_.push_back({std::string(equivalence), std::string(system), std::string(concept_said["code"].value()),
                        std::string(concept_said["display"].value()), std::string(map["url"].value())});
    found_ = found_ || (equivalence != "unmatched" && equivalence != "disjoint");
  }

  const Question& question_;
  Terms& terms_;
  const View& view_;
  std::vector<Match> matches_;
  bool found_ = false;
};

/// Of R4's own, without reading those whose text does not name the system there.
std::vector<std::string> maps_of_r4(const Question& question) {
  const std::string said = fmt::format("\"{}\":\"{}\"", question.here(), question.system);
  std::vector<std::string> ids;
  fhir::package::each(fhir::package::definitions(kConceptMap),
                      [&](const fhir::package::Definition& map, std::string_view json) {
                        if (json.find(said) != std::string_view::npos) ids.emplace_back(map.id);
                      });
  return ids;
}

/// Those that have the code's system on the side where it is looked for; what is stored stands in front of R4's.
Result<std::vector<std::string>> maps_of(const Question& question, std::string_view base, const View& view) {
  const search::Parameters criteria{
      {question.reverse ? "target-system" : "source-system", std::string(question.system)}};
  const auto query = search::parse_query(
      kConceptMap, criteria, {}, {.snapshot = view, .base = base, .now = view.now(), .own = interaction::own_of(view)});
  FHIR_TRY(query);
  auto ids = search::find_ids(*query, view, kMostMaps + 1);
  FHIR_TRY(ids);
  if (ids->size() > kMostMaps)
    return fail(Fault::too_costly, "Too many maps know this code system: name one by url.", "url");
  for (std::string& id : maps_of_r4(question))
    if (std::find(ids->begin(), ids->end(), id) == ids->end()) ids->push_back(std::move(id));
  return ids;
}

Result<std::vector<Element>> asked_maps(const Request& request, const Input& input, const Question& question,
                                        Terms& terms, const View& view) {
  if (!request.id.empty())
    return terms.stored(kConceptMap, request.id).map([](Element map) { return std::vector{map}; });
  for (const auto parameter : input.elements("conceptMap")) {
    if (parameter["resource"].type() == kConceptMap) return std::vector{parameter["resource"]};
    return fail(Fault::parameter_malformed, "conceptMap holds a ConceptMap.", parameter.path());
  }
  if (const auto url = input.one("url")) {
    const auto version = input.one("conceptMapVersion");
    const auto map = terms.stored(version ? *url + "|" + *version : *url);
    if (map.type() == kConceptMap) return std::vector{map};
    return fail(Fault::not_found, "The concept map is not stored here, or not in that version.", "url");
  }
  const auto ids = maps_of(question, request.base, view);
  FHIR_TRY(ids);
  std::vector<Element> maps;
  for (const auto& id : *ids) {
    const auto map = terms.stored(kConceptMap, id);
    FHIR_TRY(map);
    maps.push_back(*map);
  }
  return maps;
}

}  // namespace

Result<Response> translate(const Request& request, const View& view, const Context&) {
  const auto input = Input::read(request, {"url", "conceptMap", "conceptMapVersion", "code", "system", "version",
                                           "coding", "codeableConcept", "targetsystem", "reverse"});
  FHIR_TRY(input);
  const auto codes = asked_codes(*input);
  FHIR_TRY(codes);
  Terms terms(view, request.base);
  for (const auto& code : *codes)
    if (code.system.empty()) return fail(Fault::required_missing, "Say of which system the code is.", "system");
  Question question{codes->front().system, codes->front().code, input->one("targetsystem").value_or(""),
                    input->one("reverse").value_or("false") == "true"};
  Translation translation(question, terms, view);
  for (const auto& code : *codes) {
    question.system = code.system, question.code = code.code;
    const auto maps = asked_maps(request, *input, question, terms, view);
    FHIR_TRY(maps);
    for (const auto map : *maps) FHIR_TRY(translation.look_in(map));
  }
  return translation.answer();
}

}  // namespace varde::operation
