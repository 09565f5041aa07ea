#include "server/operation/apply/plan.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "server/operation/apply/activity.h"
#include "server/operation/apply/place.h"
#include "server/operation/apply/when.h"

namespace varde::operation::apply {

namespace {

using fhir::Editor;

constexpr std::size_t kMostActions = 1000, kDeepest = 8;
constexpr std::string_view kPertainsToGoal = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal";

const fhir::TypeId kRequestGroup = fhir::find_type("RequestGroup"), kGoal = fhir::find_type("Goal");

/// Elements that a PlanDefinition's and a RequestGroup's action have in common.
constexpr std::string_view kAlike[] = {"prefix",
                                       "title",
                                       "description",
                                       "textEquivalent",
                                       "priority",
                                       "code",
                                       "documentation",
                                       "relatedAction",
                                       "groupingBehavior",
                                       "selectionBehavior",
                                       "requiredBehavior",
                                       "precheckBehavior",
                                       "cardinalityBehavior"};

void copy_alike(Editor into, Element action) {
  if (action["id"]) into.set("id", action["id"].value());
  for (const std::string_view name : kAlike)
    for (const Element value : action.each(name)) {
      if (name != "relatedAction") {
        into.add_copy(name, value);
        continue;
      }
      auto related = into.add("relatedAction");
      related.set("actionId", value["actionId"].value());
      related.set("relationship", value["relationship"].value());
      if (const Element offset = value.choice("offset")) related.add_copy(offset.name(), offset);
    }
  if (action["type"]) into.add_copy("type", action["type"]);
}

class Plan {
 public:
  explicit Plan(Setting& setting) : setting_(setting), tree_(fhir::Tree::of("CarePlan")) {}

  Result<fhir::Tree> make(Element definition) {
    FHIR_TRY(check_use(definition, setting_));
    Editor care = tree_.edit();
    set_head(care, definition);
    care.set("created", setting_.now());
    if (!setting_.author().empty()) care.add("author").set("reference", setting_.author());
    for (const auto name : {"title", "description"})
      if (definition[name]) care.set(name, definition[name].value());
    const auto group = add_group(definition, 0);
    FHIR_TRY(group);
    if (!group->empty()) care.add("activity").add("reference").set("reference", "#" + *group);
    FHIR_TRY(check_made(tree_.root(), setting_));
    return std::move(tree_);
  }

 private:
  struct Of {  ///< what is being applied
    Element definition;
    std::size_t depth = 0;
    std::set<std::string, std::less<>> applied = {};             ///< ids of actions
    std::map<std::string, std::string, std::less<>> goals = {};  ///< of that definition: by goalId, contained id
  };

  void set_head(Editor made, Element definition) const {
    made.set("status", "draft");
    made.set("intent", "proposal");
    made.add("instantiatesCanonical", canonical_of(definition));
    made.add("subject").set("reference", setting_.subject());
    if (!setting_.encounter().empty()) made.add("encounter").set("reference", setting_.encounter());
  }

  std::string new_id(std::string_view type) {
    std::string id(type);
    for (char& letter : id) letter = static_cast<char>(letter | 0x20);
    return fmt::format("{}-{}", id, ++numbers_[id]);
  }

  /// The contained RequestGroup's id; empty where no action applies.
  Result<std::string> add_group(Element definition, std::size_t depth) {
    Of of{definition, depth};
    const std::string id = new_id("RequestGroup");
    Editor group = tree_.edit().add_resource("contained", kRequestGroup);
    group.set("id", id);
    set_head(group, definition);
    group.set("authoredOn", setting_.now());
    if (!setting_.author().empty()) group.add("author").set("reference", setting_.author());
    for (const Element action : definition.each("action")) FHIR_TRY(add_action(group, action, of));
    FHIR_TRY(add_goals_of_nobody(of));
    drop_related(group, of);
    if (group["action"]) return id;
    tree_.edit().remove_child(group);
    return std::string();
  }

  Result<bool> applies(Element action, const Of& of) {
    for (const Element condition : action.each("condition")) {
      if (condition["kind"].value() != "applicability") continue;
      const auto found = setting_.evaluate(condition["expression"], of.definition);
      FHIR_TRY(found);
      if (found->size() > 1)
        return fail(Fault::business_rule, "A condition is true or false; this one gives several values.",
                    condition.path());
      if (found->empty()) return false;
      const auto said = found->front().boolean();
      if (!said)
        return fail(Fault::business_rule, "A condition is true or false; this one gives another value.",
                    condition.path());
      if (!*said) return false;
    }
    return true;
  }

  Result<void> add_action(Editor owner, Element action, Of& of) {
    setting_.view().budget().spend();
    FHIR_TRY(setting_.view().budget().within());
    if (++actions_ > kMostActions)
      return fail(Fault::too_costly, "The plan has more than 1000 actions.", action.path());
    const auto applicable = applies(action, of);
    FHIR_TRY(applicable);
    if (!*applicable) return {};
    Editor made = owner.add("action");
    copy_alike(made, action);
    FHIR_TRY(add_time(made, action));
    add_conditions(made, action);
    add_participants(made, action);
    if (action["action"]) {
      if (action.choice("definition"))
        return fail(Fault::business_rule, "An action has a definition or actions of its own, not both.", action.path());
      for (const Element inner : action.each("action")) FHIR_TRY(add_action(made, inner, of));
      if (!made["action"]) {
        owner.remove_child(made);
        return {};
      }
      FHIR_TRY(put_dynamics(made, {}, action, of));
    } else {
      const auto done = add_resource(made, action, of);
      FHIR_TRY(done);
      if (!*done) owner.remove_child(made);
      if (!*done) return {};
    }
    if (action["id"]) of.applied.emplace(action["id"].value());
    return {};
  }

  Result<void> add_time(Editor made, Element action) {
    const auto when = When::of(action.choice("timing"), setting_);
    FHIR_TRY(when);
    if (const Element value = when->value()) made.add_copy("timing" + std::string(value.name().substr(5)), value);
    return {};
  }

  /// Those that tell when to begin and to stop are for who carries it out.
  static void add_conditions(Editor made, Element action) {
    for (const Element condition : action.each("condition")) {
      if (condition["kind"].value() == "applicability") continue;
      auto copy = made.add("condition");
      copy.set("kind", condition["kind"].value());
      if (condition["expression"]) copy.add_copy("expression", condition["expression"]);
    }
  }

  void add_participants(Editor made, Element action) const {
    const auto name = [&](const std::string& reference) {
      if (!reference.empty()) made.add("participant").set("reference", reference);
    };
    for (const Element participant : action.each("participant")) {
      if (participant["type"].value() == "patient") name(setting_.subject());
      if (participant["type"].value() == "practitioner") name(setting_.practitioner());
    }
  }

  /// What the action asks for. False: nothing of it applies.
  Result<bool> add_resource(Editor made, Element action, Of& of) {
    const Element named = action.choice("definition");
    if (!named || named.name() == "definitionUri") {
      FHIR_TRY(put_dynamics(made, {}, action, of));
      auto task = task_of(made);
      if (named) task.edit().set("instantiatesUri", named.value());
      return contain(made, std::move(task), action, of);
    }
    const auto found = setting_.definition(named.value(), of.definition);
    FHIR_TRY(found);
    const std::string_view type = found->type_name();
    if (type == "ActivityDefinition") {
      auto request = make_activity(*found, setting_, action);
      FHIR_TRY(request);
      return contain(made, std::move(*request), action, of);
    }
    if (type == "Questionnaire") return contain(made, answer_task(made, *found), action, of);
    if (type != "PlanDefinition")
      return fail(Fault::business_rule,
                  "An action's definition is an ActivityDefinition, PlanDefinition or Questionnaire.", named.path());
    if (of.depth + 1 > kDeepest)
      return fail(Fault::too_costly, "Plans name each other more than 8 deep, or in a circle.", named.path());
    FHIR_TRY(check_use(*found, setting_));
    const auto group = add_group(*found, of.depth + 1);
    FHIR_TRY(group);
    if (group->empty()) return false;
    FHIR_TRY(put_dynamics(made, {}, action, of));
    made.add("resource").set("reference", "#" + *group);
    return true;
  }

  fhir::Tree task_of(Element action) const {
    auto tree = fhir::Tree::of("Task");
    auto task = tree.edit();
    task.set("status", "draft");
    task.set("intent", "proposal");
    if (action["priority"]) task.set("priority", action["priority"].value());
    if (action["code"]) task.add_copy("code", action["code"]);
    for (const auto name : {"description", "textEquivalent", "title"})
      if (action[name] && !task["description"]) task.set("description", action[name].value());
    task.add("for").set("reference", setting_.subject());
    if (!setting_.encounter().empty()) task.add("encounter").set("reference", setting_.encounter());
    task.set("authoredOn", setting_.now());
    if (!setting_.author().empty()) task.add("requester").set("reference", setting_.author());
    return tree;
  }

  fhir::Tree answer_task(Element action, Element questionnaire) const {
    auto tree = task_of(action);
    auto task = tree.edit();
    const auto coded = [](Editor into, std::string_view code) {
      auto coding = into.add("coding");
      coding.set("system", "http://hl7.org/fhir/uv/sdc/CodeSystem/temp");
      coding.set("code", code);
    };
    if (!task["code"]) coded(task.add("code"), "complete-questionnaire");
    auto input = task.add("input");
    coded(input.add("type"), "questionnaire");
    input.set("valueCanonical", canonical_of(questionnaire));
    return tree;
  }

  /// Puts a request beside the RequestGroup, and what it contains, under ids that are free.
  Result<bool> contain(Editor made, fhir::Tree request, Element action, Of& of) {
    FHIR_TRY(put_dynamics(made, request.edit(), action, of));
    const std::string id = new_id(request.root().type_name());
    std::map<std::string, std::string, std::less<>> renamed;
    for (const Element inner : request.root().each("contained")) {
      const std::string_view old = inner["id"].value();
      renamed.emplace(old, id + "-" + std::string(old));
      Editor copy = tree_.edit().add_copy("contained", inner);
      copy.set("id", renamed.find(old)->second);
    }
    request.edit().remove("contained");
    request.edit().set("id", id);
    for (const Element goal : action.each("goalId")) {
      const auto reference = goal_of(goal, of);
      FHIR_TRY(reference);
      auto extension = request.edit().add("extension");
      extension.set("url", kPertainsToGoal);
      extension.add("valueReference").set("reference", "#" + *reference);
    }
    rename(tree_.edit().add_copy("contained", request.root()), renamed);
    made.add("resource").set("reference", "#" + id);
    return true;
  }

  static void rename(Editor in, const std::map<std::string, std::string, std::less<>>& renamed) {
    for (const Element child : in.children()) {
      Editor inside = in.edit(child);
      const auto text = child.value();
      const auto found = text.starts_with('#') ? renamed.find(text.substr(1)) : renamed.end();
      if (found != renamed.end()) inside.set_value("#" + found->second);
      rename(inside, renamed);
    }
  }

  /// `request`: may be nowhere, then all is of the action.
  Result<void> put_dynamics(Editor made, Editor request, Element action, const Of& of) {
    for (const Element dynamic : action.each("dynamicValue")) {
      std::string_view path = dynamic["path"].value();
      if (path.starts_with('%')) path.remove_prefix(1);
      const bool of_action = path.starts_with("action.") || !action.choice("definition");
      if (path.starts_with("action.")) path.remove_prefix(7);
      if (path.starts_with("activity.")) path.remove_prefix(9);
      if (of_action && request && !action.choice("definition")) continue;  // said before the Task was made of it
      if (!of_action && !request && action["definitionUri"]) continue;     // of the Task that is still to be made
      if (!of_action && !request)
        return fail(Fault::not_supported,
                    "A dynamic value of an inner plan or a group is of the action: action.[name].", dynamic.path());
      FHIR_TRY(put_dynamic(of_action ? made : request, path, dynamic, of.definition, setting_));
    }
    return {};
  }

  Result<std::string> goal_of(Element goal_id, Of& of) {
    const auto known = of.goals.find(goal_id.value());
    if (known != of.goals.end()) return known->second;
    for (const Element goal : of.definition.each("goal"))
      if (goal["id"].value() == goal_id.value()) return add_goal(goal, of);
    return fail(Fault::business_rule, "The plan has no goal of that id.", goal_id.path());
  }

  std::string add_goal(Element defined, Of& of) {
    const std::string id = new_id("Goal");
    Editor goal = tree_.edit().add_resource("contained", kGoal);
    goal.set("id", id);
    goal.set("lifecycleStatus", "proposed");
    if (defined["category"]) goal.add_copy("category", defined["category"]);
    if (defined["priority"]) goal.add_copy("priority", defined["priority"]);
    goal.add_copy("description", defined["description"]);
    goal.add("subject").set("reference", setting_.subject());
    if (defined["start"]) goal.add_copy("startCodeableConcept", defined["start"]);
    for (const Element wanted : defined.each("target")) {
      auto target = goal.add("target");
      if (wanted["measure"]) target.add_copy("measure", wanted["measure"]);
      if (const Element detail = wanted.choice("detail")) target.add_copy(detail.name(), detail);
      if (wanted["due"]) target.add_copy("dueDuration", wanted["due"]);
    }
    tree_.edit().add("goal").set("reference", "#" + id);
    if (defined["id"]) of.goals.emplace(defined["id"].value(), id);
    return id;
  }

  /// Goals that no action is for are the plan's own; those of actions alone that do not apply are none.
  Result<void> add_goals_of_nobody(Of& of) {
    std::set<std::string, std::less<>> wanted;
    const auto gather = [&](auto&& self, Element owner) -> void {
      for (const Element action : owner.each("action")) {
        for (const Element goal : action.each("goalId")) wanted.emplace(goal.value());
        self(self, action);
      }
    };
    gather(gather, of.definition);
    for (const Element goal : of.definition.each("goal"))
      if (!goal["id"] || !wanted.contains(goal["id"].value())) add_goal(goal, of);
    return {};
  }

  static void drop_related(Editor owner, const Of& of) {
    for (const Element action : owner.each("action")) {
      Editor made = owner.edit(action);
      std::vector<Element> gone;
      for (const Element related : action.each("relatedAction"))
        if (!of.applied.contains(related["actionId"].value())) gone.push_back(related);
      for (const Element related : gone) made.remove_child(related);
      drop_related(made, of);
    }
  }

  Setting& setting_;
  fhir::Tree tree_;
  std::map<std::string, int, std::less<>> numbers_;
  std::size_t actions_ = 0;
};

}  // namespace

Result<fhir::Tree> make_plan(Element definition, Setting& setting) {
  if (setting.subject_type() != fhir::find_type("Patient") && setting.subject_type() != fhir::find_type("Group"))
    return fail(Fault::business_rule, "A CarePlan is of a Patient or a Group.", "subject");
  return Plan(setting).make(definition);
}

}  // namespace varde::operation::apply
