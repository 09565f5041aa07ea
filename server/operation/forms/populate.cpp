/// Questionnaire/$populate: a form with what is known already, to be filled in further.
/// Source: https://hl7.org/fhir/uv/sdc/STU3/OperationDefinition-Questionnaire-populate.html
///   subject                            whom it is about
///   questionnaire, canonical           the form, where the address does not say
///   context, launchContext             parts name and content: a stored resource that expressions know as %name
/// A question begins with the first of these that gives something: initialExpression (FHIRPath), the newest Observation
/// of its code (observationLinkPeriod), its initial values.
#include <fmt/format.h>

#include "fhir-model/validation/validation.h"
#include "server/interaction/answer.h"
#include "server/interaction/asking.h"
#include "server/interaction/text.h"
#include "server/operation/apply/activity.h"
#include "server/operation/apply/setting.h"
#include "server/operation/forms/answer.h"
#include "server/operation/operations.h"
#include "server/search/find.h"

namespace varde::operation {

namespace {

using apply::Setting;
using fhir::Editor;
using fhir::Element;
using fhirpath::Collection;

const fhir::TypeId kQuestionnaire = fhir::find_resource_type("Questionnaire");
const fhir::TypeId kObservation = fhir::find_resource_type("Observation");

bool holds(Element concept_said, Element coding) {
  for (const Element one : concept_said.each("coding"))
    if (one["code"].value() == coding["code"].value() && one["system"].value() == coding["system"].value()) return true;
  return false;
}

class Form {
 public:
  Form(Setting& setting, const Request& request, Element questionnaire)
      : setting_(setting), request_(request), questionnaire_(questionnaire) {}

  Result<void> fill(Editor parent, Element asked) {
    for (const Element item : asked.each("item")) FHIR_TRY(fill_one(parent, item));
    return {};
  }

 private:
  Result<void> fill_one(Editor parent, Element item) {
    setting_.view().budget().spend();
    FHIR_TRY(setting_.view().budget().within());
    const std::string_view type = item["type"].value();
    if (type == "display") return {};
    Editor made = parent.add("item");
    made.set("linkId", item["linkId"].value());
    if (item["text"]) made.set("text", item["text"].value());
    if (type == "group") {
      FHIR_TRY(fill(made, item));
    } else {
      FHIR_TRY(answer(made, item));
      if (const Element first = made["answer"]) FHIR_TRY(fill(made.edit(first), item));
    }
    if (!made["item"] && !made["answer"]) parent.remove_child(made);
    return {};
  }

  Result<void> answer(Editor made, Element item) {
    const auto values = beginning(item);
    FHIR_TRY(values);
    if (values->size() > 1 && item["repeats"].value() != "true")
      return fail(Fault::business_rule,
                  fmt::format("The question {} takes one answer, and begins with several.", item["linkId"].value()),
                  item.path());
    for (const auto& value : *values) FHIR_TRY(forms::set_answer(made.add("answer"), item, value));
    return {};
  }

  Result<Collection> beginning(Element item) {
    if (const Element extension = forms::sdc_extension(item, "initialExpression")) {
      auto found = setting_.evaluate(extension["valueExpression"], questionnaire_);
      if (!found || !found->empty()) return found;
    }
    if (const Element extension = forms::sdc_extension(item, "observationLinkPeriod"); extension && item["code"]) {
      auto found = newest(item, extension["valueDuration"]);
      if (!found || !found->empty()) return found;
    }
    Collection initial;
    for (const Element one : item.each("initial")) initial.emplace_back(one.choice("value"));
    for (const Element option : item.each("answerOption"))
      if (initial.empty() && option["initialSelected"].value() == "true") initial.emplace_back(option.choice("value"));
    return initial;
  }

  /// The value of the newest Observation of one of the item's codes, of itself or of a component.
  Result<Collection> newest(Element item, Element period) {
    std::string codes;
    for (const Element code : item.each("code"))
      codes += (codes.empty() ? "" : ",") + fmt::format("{}|{}", code["system"].value(), code["code"].value());
    const auto from = since(period);
    FHIR_TRY(from);
    const search::Parameters criteria{
        {"subject", setting_.subject()}, {"combo-code", codes}, {"status", "final,amended,corrected"},
        {"date", "ge" + *from},          {"_sort", "-date"},    {"_count", "1"}};
    const View& view = setting_.view();
    const auto query = search::parse_query(kObservation, criteria, {},
                                           {.snapshot = view,
                                            .base = request_.base,
                                            .now = view.now(),
                                            .restriction = view.restriction(),
                                            .own = interaction::own_of(view)});
    FHIR_TRY(query);
    const auto found = search::find(*query, view, nullptr);
    FHIR_TRY(found);
    Collection values;
    if (found->hits.empty()) return values;
    auto observation = view.tree(kObservation, found->hits.front().id);
    if (!observation) return values;
    const Element root = kept_.emplace_back(std::make_unique<fhir::Tree>(std::move(*observation)))->root();
    for (const Element code : item.each("code")) {
      if (holds(root["code"], code) && root.choice("value")) return Collection{root.choice("value")};
      for (const Element component : root.each("component"))
        if (holds(component["code"], code) && component.choice("value")) return Collection{component.choice("value")};
    }
    return values;
  }

  Result<std::string> since(Element period) {
    static constexpr std::pair<std::string_view, std::string_view> kUnits[] = {
        {"a", "years"}, {"mo", "months"}, {"wk", "weeks"}, {"d", "days"}, {"h", "hours"}};
    for (const auto& [code, word] : kUnits) {
      if (period["code"].value() != code) continue;
      const auto moment =
          setting_.evaluate(fmt::format("now() - {} {}", period["value"].value(), word), questionnaire_, period.path());
      FHIR_TRY(moment);
      if (!moment->empty()) return moment->front().text().value_or("");
    }
    return fail(Fault::business_rule, "observationLinkPeriod is a Duration with a code of UCUM: a, mo, wk, d or h.",
                period.path());
  }

  Setting& setting_;
  const Request& request_;
  const Element questionnaire_;
  std::vector<std::unique_ptr<fhir::Tree>> kept_;  ///< Observations that values point into
};

Result<Element> form_of(const Request& request, const Input& input, Setting& setting, std::optional<fhir::Tree>& kept) {
  if (!request.id.empty()) {
    const auto version = interaction::find_live(setting.view(), kQuestionnaire, request.id);
    FHIR_TRY(version);
    kept = View::tree(*version);
    return kept->root();
  }
  for (const Element parameter : input.elements("questionnaire")) {
    if (parameter["resource"].type() == kQuestionnaire) return parameter["resource"];
    return fail(Fault::parameter_malformed, "questionnaire holds a Questionnaire.", parameter.path());
  }
  const auto canonical = input.one("canonical");
  if (!canonical)
    return fail(Fault::required_missing, "Say which form: [id]/$populate, canonical, or questionnaire.",
                "questionnaire");
  const auto found = setting.definition(*canonical, {});
  if (!found || found->type() != kQuestionnaire)
    return fail(Fault::not_found, "There is no Questionnaire of that url here.", "canonical");
  return *found;
}

Result<void> bind_contexts(const Input& input, Setting& setting) {
  for (const std::string_view name : {"context", "launchContext"})
    for (const Element context : input.elements(name)) {
      std::string variable, reference;
      for (const Element part : context.each("part")) {
        if (part["name"].value() == "name")
          variable = part["valueCoding"] ? part["valueCoding"]["code"].value() : part.choice("value").value();
        if (part["name"].value() == "content") reference = part["valueReference"]["reference"].value();
      }
      if (variable.empty() || reference.empty())
        return fail(Fault::parameter_malformed,
                    "A context has the parts name and content, a Reference to what is here.", context.path());
      FHIR_TRY(setting.bind(variable, reference));
    }
  return {};
}

}  // namespace

Result<Response> populate(const Request& request, const View& view, const Context&) {
  const auto input = Input::read(request, {"questionnaire", "canonical", "subject", "context", "launchContext"});
  FHIR_TRY(input);
  Setting setting(view, request);
  FHIR_TRY(setting.read(*input));
  std::optional<fhir::Tree> kept;
  const auto questionnaire = form_of(request, *input, setting, kept);
  FHIR_TRY(questionnaire);
  FHIR_TRY(forms::refuse_extensions(*questionnaire, {"itemPopulationContext", "sourceQueries", "sourceStructureMap"}));
  FHIR_TRY(bind_contexts(*input, setting));
  auto tree = fhir::Tree::of("QuestionnaireResponse");
  auto response = tree.edit();
  response.set("questionnaire", apply::canonical_of(*questionnaire));
  response.set("status", "in-progress");
  response.add("subject").set("reference", setting.subject());
  response.set("authored", setting.now());
  Form form(setting, request, *questionnaire);
  FHIR_TRY(form.fill(response, *questionnaire));
  auto out = fhir::Tree::of("Parameters");
  auto parameter = out.edit().add("parameter");
  parameter.set("name", "response");
  parameter.add_copy("resource", tree.root());
  return interaction::answer_with(out.root());
}

}  // namespace varde::operation
