#include "fhir-model/profile/slices.h"

#include <algorithm>
#include <cctype>

#include "fhir-model/element/target.h"
#include "fhir-model/profile/value.h"

namespace varde::fhir::profile {
namespace {

/// What the profile says at the end of a discriminator's path: rules, or only a type, or a part of a fixed value or
/// pattern that stands further up.
struct Told {
  const Rule* rule = nullptr;
  TypeId type = TypeId::none;
  Element part = {};
};

bool names_same(std::string_view rule_name, std::string_view step) {
  if (!rule_name.starts_with(step)) return false;
  const std::string_view rest = rule_name.substr(step.size());
  return rest.empty() || rest == "[x]" || std::isupper(static_cast<unsigned char>(rest.front()));
}

void tell_canonical(std::string_view canonical, const Profiles& profiles, std::vector<Told>& out) {
  if (const TypeId base = base_type(canonical); base != TypeId::none) return out.push_back({nullptr, base});
  if (const auto found = profiles.find(canonical); found && *found) out.push_back({&(*found)->root, (*found)->type});
}

void tell_children(const Rule& rule, std::string_view step, const Profiles& profiles, std::vector<Told>& out) {
  const auto among = [&](const Rule& of) {
    for (const Rule& child : of.children)
      if (names_same(child.name, step)) {
        out.push_back({&child});
        for (const Rule& slice : child.slices)
          if (slice.min.value_or(0) > 0) out.push_back({&slice});
      }
  };
  among(rule);
  for (const AllowedType& type : rule.types)
    for (const std::string& profile : type.profiles)
      if (const auto found = profiles.find(profile); found && *found) among((*found)->root);
}

void tell_parts(Element whole, const Step& step, std::vector<Told>& out) {
  if (whole && step.kind == Step::Kind::child)
    for (const Element part : whole.each(step.name)) out.push_back({nullptr, TypeId::none, part});
}

void tell_step(const Told& at, const Step& step, const Profiles& profiles, std::vector<Told>& out) {
  if (!at.rule) return tell_parts(at.part, step, out);
  tell_parts(at.rule->fixed, step, out);
  tell_parts(at.rule->pattern, step, out);
  switch (step.kind) {
    case Step::Kind::child: return tell_children(*at.rule, step.name, profiles, out);
    case Step::Kind::resolve:
      for (const AllowedType& type : at.rule->types)
        for (const std::string& target : type.targets) tell_canonical(target, profiles, out);
      return;
    case Step::Kind::extension:
      for (const Rule& child : at.rule->children)
        if (child.name == "extension")
          for (const Rule& slice : child.slices)
            for (const AllowedType& type : slice.types)
              if (std::ranges::find(type.profiles, step.name) != type.profiles.end()) {
                out.push_back({&slice});
                tell_canonical(step.name, profiles, out);
              }
      return;
    case Step::Kind::of_type:
      out.push_back(at);
      for (const Rule& slice : at.rule->slices)
        if (std::ranges::any_of(slice.types, [&](const auto& type) { return type.code == step.name; }))
          out.push_back({&slice});
      return;
  }
}

std::vector<Told> told_at(const Rule& slice, const std::vector<Step>& path, const Profiles& profiles) {
  std::vector<Told> at{{&slice, TypeId::none}}, next;
  for (const Step& step : path) {
    next.clear();
    for (const Told& one : at) tell_step(one, step, profiles, next);
    at.swap(next);
  }
  return at;
}

enum class Verdict : std::uint8_t { untold, no, yes };

constexpr int kDeepest = 12;  // of facts below a discriminator's path

class Selection {
 public:
  explicit Selection(const Knowledge& knowledge) : knowledge_(knowledge) {}

  /// Whether the facts that the rule fixes are those of the element.
  Verdict value(const Rule& rule, Element element, int depth = 0) const {
    Verdict out = Verdict::untold;
    if (rule.fixed && !meet(out, is_fixed(element, rule.fixed))) return out;
    if (rule.pattern && !meet(out, meets_pattern(element, rule.pattern))) return out;
    if (!rule.value_set.empty() && !meet(out, !knowledge_.is_outside(element, rule.value_set))) return out;
    if (depth == kDeepest) return out;
    if (!children(rule, element, depth, out)) return out;
    for (const AllowedType& type : rule.types)
      if (rule.types.size() == 1 && type.profiles.size() == 1)
        if (const auto profile = knowledge_.profiles.find(type.profiles.front()); profile && *profile)
          if (!children((*profile)->root, element, depth + 1, out)) return out;
    return out;
  }

 private:
  static bool meet(Verdict& out, bool met) {
    out = met ? Verdict::yes : Verdict::no;
    return met;
  }

  bool children(const Rule& rule, Element element, int depth, Verdict& out) const {
    for (const Rule& child : rule.children) {
      if (!some_of(child, child, element, depth, out)) return false;
      for (const Rule& slice : child.slices)
        if (slice.min.value_or(0) > 0 && !some_of(child, slice, element, depth, out)) return false;
    }
    return true;
  }

  bool some_of(const Rule& named, const Rule& rule, Element element, int depth, Verdict& out) const {
    bool told = tells(rule, depth), met = false;
    for (const Element one : element.children()) {
      if (!told || met) break;
      if (is_about(named.name, one)) met = value(rule, one, depth + 1) == Verdict::yes;
    }
    return !told || meet(out, met);
  }

  /// Whether there is any fact at or below the rule.
  bool tells(const Rule& rule, int depth) const {
    if (rule.fixed || rule.pattern || !rule.value_set.empty()) return true;
    return depth < kDeepest &&
           std::ranges::any_of(rule.children, [&](const Rule& child) { return tells(child, depth + 1); });
  }

  const Knowledge& knowledge_;
};

bool by_value(const std::vector<Element>& values, const std::vector<Told>& told, const Knowledge& knowledge) {
  const Selection selection(knowledge);
  bool any = false;
  for (const Told& one : told) {
    if (one.part) {
      any = std::ranges::any_of(values, [&](Element value) { return meets_pattern(value, one.part); });
      if (!any) return false;
    }
    if (!one.rule) continue;
    Verdict best = Verdict::untold;
    for (const Element value : values) best = std::max(best, selection.value(*one.rule, value));
    if (values.empty()) best = selection.value(*one.rule, {});
    if (best == Verdict::no) return false;
    any = any || best == Verdict::yes;
  }
  return any;
}

bool by_existence(const std::vector<Element>& values, const std::vector<Told>& told) {
  for (const Told& one : told) {
    if (!one.rule) continue;
    if (one.rule->max == 0u) return values.empty();
    if (one.rule->min.value_or(0) > 0) return !values.empty();
  }
  return false;
}

/// Of a slice that is named by its type: "valueQuantity" of value[x].
TypeId type_in_name(const Rule& slice) {
  if (!slice.name.ends_with("[x]")) return TypeId::none;
  const std::string_view base = std::string_view(slice.name).substr(0, slice.name.size() - 3);
  if (!slice.slice.starts_with(base)) return TypeId::none;
  std::string type = slice.slice.substr(base.size());
  if (const TypeId complex = find_type(type); complex != TypeId::none || type.empty()) return complex;
  type.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(type.front())));
  return find_type(type);
}

bool by_type(const std::vector<Element>& values, const std::vector<Told>& told) {
  const auto has = [&](TypeId type) {
    return type != TypeId::none &&
           std::ranges::any_of(values, [&](Element one) { return derives_from(one.type(), type); });
  };
  for (const Told& one : told) {
    if (has(one.type)) return true;
    if (!one.rule) continue;
    if (one.rule->types.empty() && has(type_in_name(*one.rule))) return true;
    if (std::ranges::any_of(one.rule->types, [&](const AllowedType& type) { return has(type.type); })) return true;
  }
  return false;
}

bool by_profile(const std::vector<Element>& values, const std::vector<Told>& told, const Knowledge& knowledge) {
  for (const Told& one : told) {
    if (!one.rule) continue;
    for (const AllowedType& type : one.rule->types)
      for (const std::string& profile : type.profiles)
        for (const Element value : values)
          if (knowledge.conforms(value, profile)) return true;
  }
  return false;
}

/// At the end of resolve(), the profile is the reference's target.
bool by_target(const Discriminator& by, const Rule& slice, const std::vector<Element>& values,
               const Knowledge& knowledge) {
  const std::vector<Step> before(by.path.begin(), by.path.end() - 1);
  for (const Told& one : told_at(slice, before, knowledge.profiles))
    for (const AllowedType& type : one.rule ? one.rule->types : std::vector<AllowedType>{})
      for (const std::string& target : type.targets)
        for (const Element value : values)
          if (knowledge.conforms(value, target)) return true;
  return false;
}

void follow_step(Element from, const Step& step, std::vector<Element>& out) {
  switch (step.kind) {
    case Step::Kind::child:
      for (const Element child : from.children())
        if (child.name() == step.name || child.definition()->choice == step.name) out.push_back(child);
      return;
    case Step::Kind::resolve:
      if (const Element target = target_of(from)) out.push_back(target);
      return;
    case Step::Kind::extension:
      for (const Element extension : from.each("extension"))
        if (extension["url"].value() == step.name) out.push_back(extension);
      return;
    case Step::Kind::of_type:
      if (from.type_name() == step.name) out.push_back(from);
      return;
  }
}

}  // namespace

std::vector<Element> follow(Element from, const std::vector<Step>& path) {
  std::vector<Element> at{from}, next;
  for (const Step& step : path) {
    next.clear();
    for (const Element one : at) follow_step(one, step, next);
    at.swap(next);
  }
  return at;
}

bool is_about(std::string_view name, Element element) {
  if (element.name() == name) return true;
  const ElementRow* row = element.definition();
  return name.ends_with("[x]") && row && !row->choice.empty() && name.substr(0, name.size() - 3) == row->choice;
}

bool is_in_slice(Element member, const Rule& slice, const Slicing& slicing, const Knowledge& knowledge) {
  if (slicing.by.empty()) return false;
  for (const Discriminator& by : slicing.by) {
    const std::vector<Element> values = follow(member, by.path);
    const std::vector<Told> told = told_at(slice, by.path, knowledge.profiles);
    bool in = false;
    switch (by.kind) {
      case Discriminator::Kind::value: in = by_value(values, told, knowledge); break;
      case Discriminator::Kind::exists: in = by_existence(values, told); break;
      case Discriminator::Kind::type: in = by_type(values, told); break;
      case Discriminator::Kind::profile:
        in = !by.path.empty() && by.path.back().kind == Step::Kind::resolve ? by_target(by, slice, values, knowledge)
                                                                            : by_profile(values, told, knowledge);
        break;
    }
    if (!in) return false;
  }
  return true;
}

}  // namespace varde::fhir::profile
