#include "fhir-model/profile/profiles.h"

#include <fmt/format.h>

#include <algorithm>

#include "fhir-model/profile/draft.h"
#include "fhir-model/profile/outline.h"
#include "fhir-model/profile/tables.h"

namespace varde::fhir {
namespace {

using profile::Context;
using profile::Profile;

std::pair<std::string_view, std::string_view> split(std::string_view canonical) {
  const std::size_t bar = canonical.find('|');
  if (bar == std::string_view::npos) return {canonical, {}};
  return {canonical.substr(0, bar), canonical.substr(bar + 1)};
}

/// R4's own profile of that url, when it has one.
std::optional<Tree> standard(std::string_view url) {
  const auto* end = tables::kStandardProfiles + tables::kStandardProfileCount;
  const auto* row = std::lower_bound(tables::kStandardProfiles, end, url,
                                     [](const auto& of, std::string_view wanted) { return of.url < wanted; });
  if (row == end || row->url != url) return std::nullopt;
  Tree tree = grow("StructureDefinition", row->outline);
  tree.edit().set("url", url);
  return tree;
}

Context::Kind context_kind(std::string_view code) {
  return code == "extension"  ? Context::Kind::extension
         : code == "fhirpath" ? Context::Kind::fhirpath
                              : Context::Kind::element;
}

Result<void> read_contexts(Profile& profile, Element definition) {
  for (const Element context : definition.each("context"))
    profile.contexts.push_back({context_kind(context["type"].value()), std::string(context["expression"].value())});
  for (const Element invariant : definition.each("contextInvariant")) {
    auto expression = fhirpath::compile(invariant.value());
    if (!expression) return fail(Fault::value_malformed, expression.error().diagnostics, invariant.path());
    profile.context_invariants.push_back(std::move(*expression));
  }
  return {};
}

bool is_profile(Element resource) {
  return resource.type_name() == "StructureDefinition" && resource["derivation"].value() == "constraint" &&
         find_type(resource["type"].value()) != TypeId::none;
}

}  // namespace

TypeId base_type(std::string_view canonical) {
  constexpr std::string_view kBase = "http://hl7.org/fhir/StructureDefinition/";
  const std::string_view url = split(canonical).first;
  return url.starts_with(kBase) ? find_type(url.substr(kBase.size())) : TypeId::none;
}

namespace {

/// One letter other, missing, too many, or two exchanged: what is left between a common beginning and end is short.
bool is_slip_of(std::string_view written, std::string_view meant) {
  const auto [front, front_meant] = std::ranges::mismatch(written, meant);
  written.remove_prefix(static_cast<std::size_t>(front - written.begin()));
  meant.remove_prefix(static_cast<std::size_t>(front_meant - meant.begin()));
  while (!written.empty() && !meant.empty() && written.back() == meant.back())
    written.remove_suffix(1), meant.remove_suffix(1);
  constexpr std::size_t kMostDifferent = 2;
  return written.size() <= kMostDifferent && meant.size() <= kMostDifferent;
}

}  // namespace

std::string_view Profiles::meant_by(std::string_view url) const {
  if (beneath_) return beneath_->meant_by(url);
  static const TypeId kExtension = find_type("Extension");
  const std::lock_guard lock(mutex_);
  for (const auto& [known, versions] : by_url_)
    if (!versions.empty() && find_type(versions.front()->definition->root()["type"].value()) == kExtension &&
        is_slip_of(url, known))
      return known;
  return {};
}

Result<void> Profiles::add(Tree definition) {
  const Element root = definition.root();
  if (root.type_name() != "Bundle") return add_one(root);
  for (const Element entry : root.each("entry"))
    if (auto added = add_one(entry["resource"]); !added) return added;
  return {};
}

Result<void> Profiles::add_one(Element definition) {
  value_sets_.add(definition);
  if (definition.type_name() != "StructureDefinition") return {};
  const std::string_view url = definition["url"].value(), type = definition["type"].value();
  if (url.empty()) return fail(Fault::required_missing, "A profile needs its url.", "StructureDefinition.url");
  if (definition["derivation"].value() == "specialization") return {};  // a type or logical model of its own
  if (find_type(type) == TypeId::none)
    return fail(Fault::type_unknown, "The type of a profile is a resource or data type of R4.",
                "StructureDefinition.type");
  auto& versions = by_url_[std::string(url)];
  const std::string_view version = definition["version"].value();
  std::erase_if(versions, [&](const auto& one) { return one->version == version; });
  versions.push_back(
      std::make_unique<Known>(Known{std::string(version), std::make_shared<const Tree>(Tree::copy_of(definition))}));
  return {};
}

Profiles::Known* Profiles::known(std::string_view canonical) const {
  const auto [url, version] = split(canonical);
  auto at = by_url_.find(url);
  if (at == by_url_.end()) {
    auto own = elsewhere_ ? elsewhere_(url) : standard(url);
    if (own && !is_profile(own->root()) && elsewhere_) own.reset();
    if (!own && elsewhere_) by_url_[std::string(url)];  // asked once
    if (!own) return nullptr;
    at = by_url_.emplace(std::string(url), std::vector<std::unique_ptr<Known>>{}).first;
    const std::string own_version(own->root()["version"].value());
    at->second.push_back(std::make_unique<Known>(Known{own_version, std::make_shared<const Tree>(std::move(*own))}));
  }
  for (auto one = at->second.rbegin(); one != at->second.rend(); ++one)
    if (version.empty() || (*one)->version.empty() || (*one)->version == version) return one->get();
  return nullptr;
}

Result<const Profile*> Profiles::find(std::string_view canonical) const {
  const std::lock_guard lock(mutex_);
  Known* known = this->known(canonical);
  if (!known) return beneath_ ? beneath_->find(canonical) : nullptr;
  if (known->preparing)
    return fail(Fault::business_rule, fmt::format("The profile {} has itself among its bases.", canonical));
  const auto& ready = prepared(*known);
  FHIR_TRY(ready);
  return &*ready;
}

const Result<Profile>& Profiles::prepared(Known& known) const {
  if (!known.ready) {
    known.preparing = true;
    known.ready = std::make_unique<const Result<Profile>>(prepare(known.definition));
    known.preparing = false;
  }
  return *known.ready;
}

Result<Profile> Profiles::prepare(std::shared_ptr<const Tree> tree) const {
  const Element definition = tree->root();
  const std::string_view url = definition["url"].value(), base = definition["baseDefinition"].value();
  Profile out{std::string(url), find_type(definition["type"].value()), {}, {}, {}, {}};
  out.root.name = definition["type"].value();
  Element elements = definition["differential"];
  if (base_type(base) == TypeId::none) {
    const auto parent = find(base);
    FHIR_TRY(parent);
    if (*parent) {
      out.root = (*parent)->root;
      out.trees = (*parent)->trees;
    } else {
      elements = definition["snapshot"];
      if (!elements)
        return fail(Fault::reference_unresolved,
                    fmt::format("The profile {} has a base that is not known here, and no snapshot.", url));
    }
  }
  if (!elements) elements = definition["snapshot"];
  out.trees.push_back(std::move(tree));
  FHIR_TRY(profile::lay(out.root, elements, url));
  FHIR_TRY(read_contexts(out, definition));
  return out;
}

Result<void> Profiles::check(Element resource) const {
  if (!is_profile(resource)) return {};
  if (resource["baseDefinition"].value() == resource["url"].value())
    return fail(Fault::business_rule, "A profile is not its own base.");
  const std::lock_guard lock(mutex_);
  const auto prepared = prepare(std::make_shared<const Tree>(Tree::copy_of(resource)));
  FHIR_TRY(prepared);
  return check_types(prepared->root);
}

/// A type's profile is a profile of that type.
Result<void> Profiles::check_types(const profile::Rule& rule) const {
  for (const profile::AllowedType& type : rule.types)
    for (const std::string& canonical : type.profiles) {
      const TypeId known = type_of(canonical), base = base_type(canonical);
      if (type.type == TypeId::none || known == TypeId::none) continue;
      if (!derives_from(known, type.type) || (base != TypeId::none && base != type.type))
        return fail(Fault::business_rule,
                    fmt::format("{} is not a profile of {}, where {} names it.", canonical, type.code, rule.name));
    }
  for (const auto* list : {&rule.children, &rule.slices})
    for (const profile::Rule& below : *list)
      if (auto checked = check_types(below); !checked) return checked;
  return {};
}

TypeId Profiles::type_of(std::string_view canonical) const {
  if (const TypeId base = base_type(canonical); base != TypeId::none) return base;
  const std::lock_guard lock(mutex_);
  const Known* known = this->known(canonical);
  if (known) return find_type(known->definition->root()["type"].value());
  return beneath_ ? beneath_->type_of(canonical) : TypeId::none;
}

}  // namespace varde::fhir
