#include "fhir-model/profile/holding.h"

#include <fmt/format.h>

#include <algorithm>

#include "fhir-model/element/reference.h"
#include "fhir-model/element/target.h"
#include "fhir-model/profile/slices.h"
#include "fhir-model/profile/value.h"

namespace varde::fhir::profile {
namespace {

class Holding {
 public:
  Holding(Run& run, Findings* findings, Severity strongest) : run_(run), findings_(findings), strongest_(strongest) {}

  bool met() const { return met_; }
  void element(Element at, const Rule& rule) {
    content(at, rule);
    children(at, rule);
  }

 private:
  bool enough() const { return run_.is_spent() || (findings_ ? findings_->full() : !met_); }

  void report(Fault fault, Element at, std::string diagnostics, const Rule& rule, std::string_view key = {},
              std::string_view below = {}, Severity severity = Severity::error) {
    met_ = met_ && severity != Severity::error;
    if (!findings_ || is_said(fault, at, rule, below)) return;
    if (severity == Severity::error) severity = strongest_;
    const std::string source = key.empty() ? rule.source : fmt::format("{}#{}", rule.source, key);
    findings_->add(fault, at, std::move(diagnostics), {below, source, severity});
  }

  /// What the base rules, or another profile, have found already.
  bool is_said(Fault fault, Element at, const Rule& rule, std::string_view below) const {
    return (fault == Fault::required_missing && rule.slice.empty() && findings_->has(fault, at, below)) ||
           (fault == Fault::code_invalid && findings_->has(fault, at));
  }

  /// "... must be present." and "... must be present" alike, with the rule's key.
  static std::string sentence(std::string_view human, std::string_view key) {
    while (!human.empty() && (human.back() == '.' || human.back() == ' ' || human.back() == '\n'))
      human.remove_suffix(1);
    return fmt::format("{} ({}).", human, key);
  }

  // --- how many, and in which slices ---------------------------------------------------------------------------------

  void children(Element at, const Rule& rule) {
    for (const Rule& child : rule.children) {
      if (enough()) return;
      std::vector<Element> members;
      std::size_t looked_at = 1;
      for (const Element one : at.children()) {
        ++looked_at;
        if (is_about(child.name, one)) members.push_back(one);
      }
      run_.spend(looked_at);
      group(at, child, members);
    }
  }

  void group(Element parent, const Rule& rule, const std::vector<Element>& members) {
    count(parent, rule, members);
    for (const Element one : members) {
      if (enough()) return;
      element(one, rule);
    }
    if (rule.slicing) slices(parent, rule, members);
  }

  void count(Element parent, const Rule& rule, const std::vector<Element>& members) {
    const auto n = members.size();
    const std::string name = rule.slice.empty() ? rule.name : fmt::format("{} (slice {})", rule.name, rule.slice);
    const std::string_view below = std::string_view(rule.name).substr(0, rule.name.find('['));
    if (rule.min && n < *rule.min)
      report(Fault::required_missing, parent,
             fmt::format("The profile asks for {} {} at least; {} given.", *rule.min, name, n), rule, {}, below);
    if (!rule.max || n <= *rule.max) return;
    const Element extra = members[*rule.max];
    if (*rule.max == 0)
      report(Fault::cardinality, extra, fmt::format("The profile allows no {} here.", name), rule);
    else
      report(Fault::cardinality, extra, fmt::format("The profile allows {} {} at most; {} given.", *rule.max, name, n),
             rule);
  }

  void slices(Element parent, const Rule& rule, const std::vector<Element>& members) {
    constexpr std::string_view kRest = "@default";
    constexpr std::size_t kStepsOfASlice = 20;  // about what telling whether an element is in it costs
    std::vector<std::vector<Element>> in(rule.slices.size());
    std::size_t last = 0;
    Element unsliced;
    for (const Element one : members) {
      if (!run_.spend(kStepsOfASlice * rule.slices.size())) return;
      const auto slice = std::ranges::find_if(rule.slices, [&](const Rule& candidate) {
        return candidate.slice != kRest && is_in_slice(one, candidate, *rule.slicing, run_.knowledge());
      });
      auto index = static_cast<std::size_t>(slice - rule.slices.begin());
      if (slice == rule.slices.end()) {
        const auto rest = std::ranges::find(rule.slices, kRest, &Rule::slice);
        index = static_cast<std::size_t>(rest - rule.slices.begin());
        if (rest == rule.slices.end()) {
          if (!unsliced) unsliced = one;
          if (rule.slicing->rest == Slicing::Rest::closed)
            report(Fault::cardinality, one, fmt::format("Each {} is one of: {}.", rule.name, slice_names(rule)), rule);
          continue;
        }
      } else {
        if (unsliced && rule.slicing->rest == Slicing::Rest::open_at_end)
          report(Fault::cardinality, unsliced, fmt::format("A {} of no slice stands after those of slices.", rule.name),
                 rule);
        if (rule.slicing->ordered && index < last)
          report(Fault::cardinality, one, fmt::format("The {} stand in the order {}.", rule.name, slice_names(rule)),
                 rule);
        last = std::max(last, index);
      }
      in[index].push_back(one);
    }
    for (std::size_t i = 0; i < in.size(); ++i) group(parent, rule.slices[i], in[i]);
  }

  static std::string slice_names(const Rule& rule) {
    std::string out;
    for (const Rule& slice : rule.slices) out.append(out.empty() ? "" : ", ").append(slice.slice);
    return out;
  }

  // --- what an element holds -----------------------------------------------------------------------------------------

  void content(Element at, const Rule& rule) {
    if (rule.fixed && !is_fixed(at, rule.fixed))
      report(Fault::value_malformed, at, fmt::format("The profile fixes this to exactly {}.", described(rule.fixed)),
             rule);
    if (rule.pattern && !meets_pattern(at, rule.pattern))
      report(Fault::value_malformed, at, fmt::format("The profile asks for {}.", described(rule.pattern)), rule);
    if (!rule.value_set.empty() && run_.is_outside(at, rule.value_set))
      report(Fault::code_invalid, at, fmt::format("The profile asks for a code of the value set {}.", rule.value_set),
             rule);
    if (rule.most_characters && characters(at.value()) > *rule.most_characters)
      report(Fault::value_malformed, at,
             fmt::format("The profile allows {} characters at most.", *rule.most_characters), rule);
    if (rule.lowest) bound(at, rule.lowest, rule, "$this >= %bound", "least");
    if (rule.highest) bound(at, rule.highest, rule, "$this <= %bound", "most");
    if (!rule.types.empty()) types(at, rule);
    for (const Constraint& said : rule.constraints) constraint(at, rule, said);
  }

  static std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; }));
  }

  void bound(Element at, Element limit, const Rule& rule, std::string_view comparison, std::string_view word) {
    const auto expression = fhirpath::compile(comparison);
    fhirpath::Environment environment = run_.environment();
    environment.variables.emplace_back("bound", fhirpath::Collection{limit});
    const auto holds = expression ? fhirpath::test(*expression, at, environment) : std::nullopt;
    if (holds && *holds == false)
      report(Fault::value_malformed, at, fmt::format("The profile asks for {} at {}.", described(limit), word), rule);
  }

  void constraint(Element at, const Rule& rule, const Constraint& said) {
    const auto holds = fhirpath::test(said.expression, at, run_.environment());
    if (!holds || *holds != false) return;  // what cannot be told is no violation
    report(Fault::invariant, at, sentence(said.human, said.key), rule, said.key, {},
           said.is_error ? Severity::error : Severity::warning);
  }

  // --- types, and the profiles of types ------------------------------------------------------------------------------

  void types(Element at, const Rule& rule) {
    std::vector<const AllowedType*> fitting;
    for (const AllowedType& type : rule.types)
      if (type.type == TypeId::none || derives_from(at.type(), type.type)) fitting.push_back(&type);
    if (fitting.empty() && is_backbone(at)) return;
    if (fitting.empty())
      return report(Fault::value_malformed, at, fmt::format("The profile allows {} here.", type_names(rule)), rule);
    std::vector<std::string_view> profiles;
    for (const AllowedType* type : fitting) {
      if (type->profiles.empty()) return targets(at, rule, fitting);
      profiles.insert(profiles.end(), type->profiles.begin(), type->profiles.end());
    }
    if (at.type_name() == "Extension" && at["url"].value() == profiles.front()) return;  // held by its url anyway
    one_of(at, profiles, rule);
    targets(at, rule, fitting);
  }

  static bool is_backbone(Element at) { return row_of(at.type()).kind == TypeKind::backbone; }

  static std::string type_names(const Rule& rule) {
    std::string out;
    for (const AllowedType& type : rule.types) out.append(out.empty() ? "" : " or ").append(type.code);
    return out;
  }

  void one_of(Element at, const std::vector<std::string_view>& profiles, const Rule& rule) {
    if (profiles.size() == 1) {
      const auto profile = run_.profiles().find(profiles.front());
      if (run_.conforms(at, profiles.front()) == false && profile && *profile) element(at, (*profile)->root);
      return;
    }
    for (const std::string_view profile : profiles)
      if (run_.conforms(at, profile) != false) return;
    report(Fault::invariant, at, fmt::format("This meets one of the profiles {}.", fmt::join(profiles, ", ")), rule);
  }

  void targets(Element at, const Rule& rule, const std::vector<const AllowedType*>& fitting) {
    std::vector<std::string_view> allowed, places;
    for (const AllowedType* type : fitting) {
      if (type->targets.empty() || at.type_name() != "Reference") return;
      allowed.insert(allowed.end(), type->targets.begin(), type->targets.end());
      places.insert(places.end(), type->places.begin(), type->places.end());
    }
    if (!places.empty()) place(at, rule, places);
    const TypeId type = target_type(at);
    const Element target = target_of(at);
    if (type == TypeId::none) return;
    for (const std::string_view canonical : allowed) {
      const TypeId wanted = run_.profiles().type_of(canonical);
      if (wanted == TypeId::none) return;  // a profile that is not known here
      if (derives_from(type, wanted) && (!target || run_.conforms(target, canonical) != false)) return;
    }
    report(Fault::value_malformed, at,
           fmt::format("The profile asks for a reference to {}{}.", fmt::join(allowed, " or "),
                       target ? ", and what this names does not meet it" : ""),
           rule);
  }

  void place(Element at, const Rule& rule, const std::vector<std::string_view>& places) {
    const std::string_view text = at["reference"].value();
    if (text.empty()) return;
    const std::string_view place = text.starts_with('#') ? "contained" : target_of(at) ? "bundled" : "referenced";
    const auto stands = [&](std::string_view name) { return std::ranges::find(places, name) != places.end(); };
    if (stands(place) || (place == "bundled" && stands("referenced"))) return;
    report(Fault::value_malformed, at,
           fmt::format("The profile allows references only to what is {}.", fmt::join(places, " or ")), rule);
  }

  Run& run_;
  Findings* findings_;
  Severity strongest_;
  bool met_ = true;
};

}  // namespace

bool hold(Run& run, Element at, const Rule& rule, Findings* findings, Severity strongest) {
  Holding holding(run, findings, strongest);
  holding.element(at, rule);
  return holding.met();
}

}  // namespace varde::fhir::profile
