/// QuestionnaireResponse/$extract: answers as Observations, where the form says that they are some.
/// Source: https://hl7.org/fhir/uv/sdc/STU3/extraction.html#observation-based-extraction
///   questionnaire-response, questionnaire  the resources, where the address or the response does not say which
/// The answer is a transaction, for whoever asks to send: nothing is stored. A mark for extraction counts for what
/// stands below it, until another one. Extraction by definitions or by a StructureMap is refused by name.
#include <fmt/format.h>

#include <map>

#include "fhir-model/element/reference.h"
#include "fhir-model/time/span.h"
#include "server/interaction/answer.h"
#include "server/interaction/terms.h"
#include "server/interaction/text.h"
#include "server/operation/forms/question.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

using fhir::Editor;
using fhir::Element;

const fhir::TypeId kQuestionnaire = fhir::find_resource_type("Questionnaire");
const fhir::TypeId kResponse = fhir::find_resource_type("QuestionnaireResponse");

/// A question whose answers become Observations, and of which category.
struct Marked {
  Element item, category;
};
using Questions = std::map<std::string_view, Marked>;

void gather(Element owner, bool marked, Element category, Questions& found) {
  for (const Element item : owner.each("item")) {
    const Element mark = forms::sdc_extension(item, "observationExtract");
    const bool is_marked = mark ? mark["valueBoolean"].value() == "true" : marked;
    const Element own = forms::sdc_extension(item, "observation-extract-category");
    const Element of = own ? own["valueCodeableConcept"] : category;
    if (is_marked && item["code"]) found.emplace(item["linkId"].value(), Marked{item, of});
    gather(item, is_marked, of, found);
  }
}

/// The value as an Observation says it.
Result<void> set_value(Editor observation, Element value, Element item) {
  const std::string_view name = value.name();
  if (name == "valueDecimal" || name == "valueInteger") {
    if (forms::add_quantity(observation, "valueQuantity", value.value(), item)) return {};
    if (name == "valueInteger")
      observation.set(name, value.value());
    else
      observation.add("valueQuantity").set("value", value.value());
  } else if (name == "valueCoding") {
    observation.add("valueCodeableConcept").add_copy("coding", value);
  } else if (name == "valueDate") {
    observation.set("valueDateTime", value.value());
  } else if (name == "valueUri") {
    observation.set("valueString", value.value());
  } else if (fhir::find_element(observation.type(), name)) {
    observation.add_copy(name, value);
  } else {
    return fail(Fault::business_rule, "An Observation has no place for this kind of answer.", value.path());
  }
  return {};
}

bool may_perform(Element author) {
  static const auto* const kRow = fhir::find_element(fhir::find_type("Observation"), "performer");
  const auto type = fhir::target_type(author);
  for (const auto one : fhir::target_types(*kRow))
    if (one == type) return true;
  return false;
}

class Extraction {
 public:
  Extraction(Element response, Questions questions, const View& view)
      : response_(response), questions_(std::move(questions)), view_(view), tree_(fhir::Tree::of("Bundle")) {
    tree_.edit().set("type", "transaction");
  }

  Result<void> take(Element owner) {
    for (const Element item : owner.each("item")) {
      view_.budget().spend();
      FHIR_TRY(view_.budget().within());
      const auto marked = questions_.find(item["linkId"].value());
      for (const Element answer : item.each("answer")) {
        if (marked != questions_.end() && answer.choice("value")) FHIR_TRY(add(marked->second, answer.choice("value")));
        FHIR_TRY(take(answer));
      }
      FHIR_TRY(take(item));
    }
    return {};
  }
  Element bundle() const { return tree_.root(); }

 private:
  Result<void> add(const Marked& marked, Element value) {
    auto made = fhir::Tree::of("Observation");
    auto observation = made.edit();
    observation.set("status", response_["status"].value() == "amended" ? "amended" : "final");
    for (const Element request : response_.each("basedOn")) observation.add_copy("basedOn", request);
    if (marked.category) {
      observation.add_copy("category", marked.category);
    } else {
      auto coding = observation.add("category").add("coding");
      coding.set("system", "http://terminology.hl7.org/CodeSystem/observation-category");
      coding.set("code", "survey");
    }
    auto code = observation.add("code");
    for (const Element one : marked.item.each("code")) code.add_copy("coding", one);
    if (marked.item["text"]) code.set("text", marked.item["text"].value());
    for (const std::string_view name : {"subject", "encounter"})
      if (response_[name]) observation.add_copy(name, response_[name]);
    const Element authored = response_["authored"];
    observation.set("effectiveDateTime", authored ? authored.value() : std::string_view(now()));
    if (response_["author"] && may_perform(response_["author"])) observation.add_copy("performer", response_["author"]);
    FHIR_TRY(set_value(observation, value, marked.item));
    if (response_["id"])
      observation.add("derivedFrom").set("reference", "QuestionnaireResponse/" + std::string(response_["id"].value()));
    auto entry = tree_.edit().add("entry");
    entry.set("fullUrl", "urn:uuid:" + view_.new_id());
    entry.add_copy("resource", made.root());
    auto request = entry.add("request");
    request.set("method", "POST");
    request.set("url", "Observation");
    return {};
  }
  const std::string& now() {
    if (now_.empty()) now_ = interaction::fhir_instant(view_.now());
    return now_;
  }

  const Element response_;
  const Questions questions_;
  const View& view_;
  fhir::Tree tree_;
  std::string now_;
};

Result<fhir::Tree> response_of(const Request& request, const Input& input, const View& view) {
  if (!request.id.empty()) {
    const auto version = interaction::find_live(view, kResponse, request.id);
    FHIR_TRY(version);
    return View::tree(*version);
  }
  for (const Element parameter : input.elements("questionnaire-response")) {
    if (parameter["resource"].type() == kResponse) return fhir::Tree::copy_of(parameter["resource"]);
    return fail(Fault::parameter_malformed, "questionnaire-response holds a QuestionnaireResponse.", parameter.path());
  }
  return fail(Fault::required_missing, "Send the response as questionnaire-response, or use [id]/$extract.",
              "questionnaire-response");
}

Result<fhir::Tree> form_of(const Request& request, const Input& input, Element response, const View& view) {
  for (const Element parameter : input.elements("questionnaire")) {
    if (parameter["resource"].type() == kQuestionnaire) return fhir::Tree::copy_of(parameter["resource"]);
    return fail(Fault::parameter_malformed, "questionnaire holds a Questionnaire.", parameter.path());
  }
  const std::string_view canonical = response["questionnaire"].value();
  const auto bar = canonical.rfind('|');
  const auto version = bar == std::string_view::npos ? std::string_view() : canonical.substr(bar + 1);
  if (!canonical.empty()) {
    if (auto found = interaction::stored_by_url(kQuestionnaire, canonical.substr(0, bar), version, request.base, view))
      return std::move(*found);
    const auto parsed = fhir::parse_reference(canonical);
    const std::string id = parsed.type == kQuestionnaire ? view.own_id(canonical, kQuestionnaire) : std::string();
    if (auto tree = id.empty() ? std::nullopt : view.tree(kQuestionnaire, id)) return std::move(*tree);
  }
  return fail(Fault::reference_unresolved, "The Questionnaire that was answered is not here.",
              "QuestionnaireResponse.questionnaire");
}

}  // namespace

Result<Response> extract(const Request& request, const View& view, const Context&) {
  const auto input = Input::read(request, {"questionnaire-response", "questionnaire"});
  FHIR_TRY(input);
  const auto response = response_of(request, *input, view);
  FHIR_TRY(response);
  const Element root = response->root();
  if (const auto status = root["status"].value(); status != "completed" && status != "amended")
    return fail(Fault::business_rule, "Answers are taken from a response that is completed or amended.",
                "QuestionnaireResponse.status");
  const auto form = form_of(request, *input, root, view);
  FHIR_TRY(form);
  FHIR_TRY(forms::refuse_extensions(form->root(), {"itemExtractionContext", "itemContext", "targetStructureMap"}));
  Questions questions;
  const Element mark = forms::sdc_extension(form->root(), "observationExtract");
  gather(form->root(), mark["valueBoolean"].value() == "true",
         forms::sdc_extension(form->root(), "observation-extract-category")["valueCodeableConcept"], questions);
  if (questions.empty())
    return fail(Fault::business_rule,
                "No question of the Questionnaire has a code and is marked by sdc-questionnaire-observationExtract.",
                "Questionnaire.item");
  Extraction extraction(root, std::move(questions), view);
  FHIR_TRY(extraction.take(root));
  return interaction::answer_with(extraction.bundle());
}

}  // namespace varde::operation
