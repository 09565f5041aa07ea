#include "fhir-model/validation/questionnaire.h"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <vector>

#include "fhir-model/validation/answer.h"
#include "fhir-model/validation/invariants.h"

namespace varde::fhir {
namespace {

std::string rule(std::string_view path) { return source_of(path.substr(0, path.find('.')), path); }

using ByLinkId = std::map<std::string_view, Element>;

void gather(Element parent, ByLinkId& items) {
  for (const Element item : parent.each("item")) {
    items.emplace(item["linkId"].value(), item);
    gather(item, items);
  }
}

bool is_inside(Element inner, Element outer) {
  for (; inner; inner = inner.parent())
    if (inner == outer) return true;
  return false;
}

void check_conditions(Element parent, const ByLinkId& items, Findings& findings) {
  for (const Element item : parent.each("item")) {
    for (const Element when : item.each("enableWhen")) {
      const Element question = when["question"];
      const auto asked = items.find(question.value());
      if (!question.has_value()) continue;
      if (asked == items.end())
        findings.add(Fault::invariant, question,
                     "The question of an enableWhen is the linkId of an item of this questionnaire.",
                     {.source = rule("Questionnaire.item.enableWhen.question")});
      else if (is_inside(asked->second, item))
        findings.add(Fault::invariant, question,
                     "An item cannot be enabled by an answer to itself or to an item inside it.",
                     {.source = rule("Questionnaire.item.enableWhen.question")});
    }
    check_conditions(item, items, findings);
  }
}

/// Walks a questionnaire and its response side by side, until so many items have been looked at that only a hostile
/// pair can have them: conditions may look everywhere for their answers.
class Answers {
 public:
  Answers(Element response, Findings& findings) : response_(response), findings_(findings) {
    const std::string_view status = response["status"].value();
    complete_ = status == "completed" || status == "amended";
  }

  void below(Element answered, Element asked) {
    for (const Element item : answered.each("item"))
      if (!is_asked(asked, item["linkId"].value()))
        findings_.add(Fault::invariant, item["linkId"] ? item["linkId"] : item,
                      "linkId names an item that the questionnaire has at this place.",
                      {.source = rule("QuestionnaireResponse.item.linkId")});
    for (const Element item : asked.each("item")) answers_to(item, answered);
  }

 private:
  bool spend() { return looks_left_ > 0 && --looks_left_ > 0; }

  bool is_asked(Element asked, std::string_view link_id) {
    for (const Element item : asked.each("item"))
      if (!spend() || item["linkId"].value() == link_id) return true;
    return false;
  }

  void answers_to(Element item, Element answered) {
    const bool enabled = is_enabled(item, answered);
    const std::string_view type = item["type"].value();
    std::size_t given = 0;
    for (const Element response : answered.each("item")) {
      if (!spend()) return;
      if (response["linkId"].value() != item["linkId"].value()) continue;
      ++given;
      if (!enabled && (response["answer"] || response["item"]))
        findings_.add(Fault::invariant, response, "The questionnaire does not enable this item: leave it out.",
                      {.source = rule("Questionnaire.item.enableWhen")});
      answers_of(response, item, type);
    }
    if (given == 0 && enabled && complete_ && item["required"].value() == "true" && type != "display")
      findings_.add(
          Fault::required_missing, answered,
          fmt::format("The questionnaire requires an answer to each enabled item that is required; one {} is missing.",
                      type == "group" ? "group" : "answer"),
          {.below = "item", .source = rule("Questionnaire.item.required")});
    if (given > 1 && item["repeats"].value() != "true")
      findings_.add(Fault::cardinality, answered,
                    "An item that does not repeat stands once; several answers stand within it.",
                    {.below = "item", .source = rule("Questionnaire.item.repeats")});
  }

  void answers_of(Element response, Element item, std::string_view type) {
    const std::size_t answers = response.count("answer");
    if ((type == "group" || type == "display") && answers > 0)
      findings_.add(Fault::invariant, response["answer"], "A group or display item has no answer.",
                    {.source = rule("Questionnaire.item.type")});
    else if (answers > 1 && item["repeats"].value() != "true")
      findings_.add(Fault::cardinality, response.at("answer", 1), "The questionnaire takes one answer to this item.",
                    {.source = rule("Questionnaire.item.repeats")});
    else if (answers == 0 && complete_ && item["required"].value() == "true" && type != "group" && type != "display")
      findings_.add(Fault::required_missing, response, "The questionnaire requires an answer to this item.",
                    {.below = "answer", .source = rule("Questionnaire.item.required")});
    for (const Element answer : response.each("answer")) {
      check_answer(answer, item, findings_);
      below(answer, item);
    }
    if (answers == 0 || response["item"]) below(response, item);
  }

  bool is_enabled(Element item, Element answered) {
    if (!item["enableWhen"]) return true;
    const bool any = item["enableBehavior"].value() == "any";
    for (const Element when : item.each("enableWhen"))
      if (is_met(when, answered) == any) return any;
    return !any;
  }

  /// The answers nearest to the item count: of its own repetition of a group before those of others.
  bool is_met(Element when, Element answered) {
    for (Element scope = answered; scope; scope = scope == response_ ? Element{} : scope.parent()) {
      std::vector<Element> answers;
      gather_answers(scope, when["question"].value(), answers);
      if (!answers.empty()) return meets(when, answers);
    }
    return meets(when, {});
  }

  void gather_answers(Element scope, std::string_view link_id, std::vector<Element>& answers) {
    for (const Element item : scope.each("item")) {
      if (!spend()) return;
      if (item["linkId"].value() == link_id)
        for (const Element answer : item.each("answer")) answers.push_back(answer.choice("value"));
      gather_answers(item, link_id, answers);
      for (const Element answer : item.each("answer")) gather_answers(answer, link_id, answers);
    }
  }

  Element response_;
  Findings& findings_;
  bool complete_ = false;
  std::size_t looks_left_ = 5'000'000;
};

}  // namespace

void check_questionnaire(Element questionnaire, Findings& findings) {
  ByLinkId items;
  gather(questionnaire, items);
  check_conditions(questionnaire, items, findings);
}

Element contained_questionnaire(Element response) {
  std::string_view canonical = response["questionnaire"].value();
  const bool fragment = canonical.starts_with('#');
  canonical = fragment ? canonical.substr(1) : canonical.substr(0, canonical.find('|'));
  if (canonical.empty()) return {};
  for (const Element contained : response.each("contained"))
    if (contained.type_name() == "Questionnaire" && contained[fragment ? "id" : "url"].value() == canonical)
      return contained;
  return {};
}

void check_answers(Element response, Element questionnaire, Findings& findings) {
  Answers(response, findings).below(response, questionnaire);
}

}  // namespace varde::fhir
