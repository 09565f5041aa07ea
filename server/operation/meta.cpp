/// $meta, $meta-add, $meta-delete: a resource's profiles, tags and security labels, without the rest of it.
/// What is added or taken away makes a new version, as every change does: who labelled what, and when, is history.
/// Source: https://hl7.org/fhir/R4/resource-operations.html
#include <algorithm>
#include <array>
#include <memory>

#include "server/interaction/answer.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

using fhir::Editor;
using fhir::Element;

constexpr std::array<std::string_view, 3> kLabels{"profile", "security", "tag"};

/// Of a tag or security label its system and code, of a profile the canonical.
bool is_same(Element a, Element b) {
  return a.value() == b.value() && a["system"].value() == b["system"].value() && a["code"].value() == b["code"].value();
}

Element find_in(Element meta, std::string_view name, Element label) {
  for (const auto each : meta.each(name))
    if (is_same(each, label)) return each;
  return {};
}

Response answer_meta(Element meta) {
  auto tree = fhir::Tree::of("Parameters");
  auto parameter = tree.edit().add("parameter");
  parameter.set("name", "return");
  parameter.add_copy("valueMeta", meta);
  return interaction::answer_with(tree.root());
}

Result<Element> sent_meta(const Input& input) {
  const auto sent = input.elements("meta");
  if (sent.size() == 1 && sent.front()["valueMeta"]) return sent.front()["valueMeta"];
  return fail(Fault::required_missing, "Send one parameter meta, with a valueMeta.", "meta");
}

bool add_labels(Editor resource, Element sent) {
  bool changed = false;
  for (const auto name : kLabels)
    for (const auto label : sent.each(name))
      if (!find_in(resource["meta"], name, label)) {
        resource.ensure("meta").add_copy(name, label);
        changed = true;
      }
  return changed;
}

/// Rebuilt from those that stay.
bool remove_labels(Editor resource, Element sent) {
  const auto before = fhir::Tree::copy_of(resource);
  bool changed = false;
  for (const auto name : kLabels) {
    const auto labels = before.root()["meta"].each(name);
    const auto goes = [&](Element label) { return bool(find_in(sent, name, label)); };
    if (std::none_of(labels.begin(), labels.end(), goes)) continue;
    changed = true;
    resource["meta"].remove(name);
    for (const auto label : labels)
      if (!goes(label)) resource["meta"].add_copy(name, label);
  }
  return changed;
}

Result<Work> change(const Request& request, bool (*labels)(Editor, Element)) {
  auto input = Input::read(request, {"meta"});
  FHIR_TRY(input);
  FHIR_TRY(sent_meta(*input));
  return [&request, labels,
          input = std::make_shared<const Input>(std::move(*input))](interaction::Act& act) -> Result<Response> {
    const auto current = interaction::find_live(act, request.type, request.id);
    FHIR_TRY(current);
    auto tree = View::tree(*current);
    if (labels(tree.edit(), *sent_meta(*input))) FHIR_TRY(act.update(tree.edit(), request.id));
    return answer_meta(tree.root()["meta"]);
  };
}

}  // namespace

Result<Response> meta(const Request& request, const View& view, const Context&) {
  FHIR_TRY(Input::read(request, {}));
  const auto current = interaction::find_live(view, request.type, request.id);
  FHIR_TRY(current);
  return answer_meta(View::tree(*current).root()["meta"]);
}

Result<Work> meta_add(const Request& request, const Context&, const Reads&) { return change(request, add_labels); }
Result<Work> meta_delete(const Request& request, const Context&, const Reads&) {
  return change(request, remove_labels);
}

}  // namespace varde::operation
