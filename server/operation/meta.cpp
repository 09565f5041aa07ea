/// $meta, $meta-add, $meta-delete: a resource's profiles, tags and security labels, without the rest of it; of a type
/// and of everything those that anything has.
/// What is added or taken away makes a new version, as every change does: who labelled what, and when, is history.
/// Source: https://hl7.org/fhir/R4/resource-operations.html
#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include "server/interaction/answer.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/search/parameter.h"
#include "server/storage/search/labels.h"

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

std::set<storage::Label> labels_of(const View& view, const search::Parameter& parameter) {
  std::set<storage::Label> out;
  for (storage::Label& one : storage::labels(view, parameter.own_key)) out.insert(std::move(one));
  return out;
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

Result<Response> meta_of_all(const Request& request, const View& view, const Context&) {
  FHIR_TRY(Input::read(request, {}));
  std::set<storage::Label> tags, security;
  std::set<std::string> profiles;
  const auto gather = [&](fhir::TypeId type) {
    const auto& parameters = search::parameters_of(type);
    for (const auto& [code, found] : {std::pair("_tag", &tags), std::pair("_security", &security)})
      found->merge(labels_of(view, *parameters.find(code)));
    for (std::string& one : storage::uris(view, parameters.find("_profile")->own_key)) profiles.insert(std::move(one));
  };
  for (std::size_t i = 0; i < fhir::types().size(); ++i)
    if (const auto type = static_cast<fhir::TypeId>(i);
        fhir::is_resource(type) && (request.type == fhir::TypeId::none || request.type == type))
      gather(type);
  FHIR_TRY(view.budget().within());
  auto tree = fhir::Tree::of("Parameters");
  auto parameter = tree.edit().add("parameter");
  parameter.set("name", "return");
  auto meta = parameter.ensure("valueMeta");
  for (const std::string& profile : profiles) meta.add("profile").set_value(profile);
  for (const auto& [name, found] : {std::pair("security", &security), std::pair("tag", &tags)})
    for (const storage::Label& label : *found) {
      auto coding = meta.add(name);
      if (!label.system.empty()) coding.set("system", label.system);
      coding.set("code", label.code);
    }
  return interaction::answer_with(tree.root());
}

Result<Work> meta_add(const Request& request, const Context&, const Reads&) { return change(request, add_labels); }
Result<Work> meta_delete(const Request& request, const Context&, const Reads&) {
  return change(request, remove_labels);
}

}  // namespace varde::operation
