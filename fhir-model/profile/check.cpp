#include "fhir-model/profile/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "fhir-model/definitions/definitions.h"
#include "fhir-model/element/reference.h"
#include "fhir-model/element/target.h"
#include "fhir-model/profile/context.h"
#include "fhir-model/profile/slices.h"
#include "fhir-model/profile/value.h"
#include "fhir-model/profile/vital_signs.h"
#include "fhir-model/terminology/terminology.h"
#include "fhir-model/validation/validation.h"

namespace varde::fhir {
namespace {

using namespace profile;

constexpr std::size_t kDeepest = 64;  // of profiles within profiles

/// What one run knows: the profiles, what it has found out, and how FHIRPath reaches both.
class Run {
 public:
  explicit Run(const Profiles& profiles)
      : profiles_(profiles),
        knowledge_{profiles,
                   [this](Element at, std::string_view canonical) { return conforms(at, canonical) != false; },
                   [this](Element at, std::string_view value_set) { return is_outside(at, value_set); }} {
    environment_.as_of_many = fhirpath::AsOfMany::filter;
    environment_.conforms_to = [this](Element at, std::string_view canonical) { return conforms(at, canonical); };
    environment_.member_of = member_of(profiles);
    environment_.slice = [this](Element at, std::string_view canonical, std::string_view slice) {
      return members(at, canonical, slice);
    };
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  const Profiles& profiles() const { return profiles_; }
  const Knowledge& knowledge() const { return knowledge_; }
  const fhirpath::Environment& environment() const { return environment_; }

  std::optional<bool> conforms(Element at, std::string_view canonical);
  /// The elements inside `at` that are in a slice of that name.
  std::optional<std::vector<Element>> members(Element at, std::string_view canonical, std::string_view slice) const;

  static decltype(fhirpath::Environment::member_of) member_of(const Profiles& profiles) {
    return [&profiles](std::string_view set, std::string_view system, std::string_view code) {
      const terminology::Membership found = profiles.value_sets().member(set, system, code);
      return found == terminology::Membership::unknown ? std::nullopt
                                                       : std::optional(found == terminology::Membership::in);
    };
  }

  bool is_outside(Element at, std::string_view value_set) const;

 private:
  void gather(Element at, const Rule& rule, std::string_view slice, std::vector<Element>& out) const;
  const Profiles& profiles_;
  Knowledge knowledge_;
  fhirpath::Environment environment_;
  std::size_t depth_ = 0;
  /// A profile that is being checked counts as met: definitions may refer to each other in a circle.
  std::map<std::tuple<const Tree*, std::uint32_t, const Profile*>, bool> met_;
};

/// Holds elements to rules; findings go to `findings`, or only the answer is kept when there are none to fill.
class Holding {
 public:
  Holding(Run& run, Findings* findings, Severity strongest = Severity::error)
      : run_(run), findings_(findings), strongest_(strongest) {}

  bool met() const { return met_; }
  void element(Element at, const Rule& rule) {
    content(at, rule);
    children(at, rule);
  }

 private:
  bool enough() const { return findings_ ? findings_->full() : !met_; }

  void report(Fault fault, Element at, std::string diagnostics, const Rule& rule, std::string_view key = {},
              std::string_view below = {}, Severity severity = Severity::error) {
    met_ = met_ && severity != Severity::error;
    if (!findings_) return;
    if (severity == Severity::error) severity = strongest_;
    const std::string source = key.empty() ? rule.source : fmt::format("{}#{}", rule.source, key);
    findings_->add(fault, at, std::move(diagnostics), {below, source, severity});
  }

  // --- how many, and in which slices ---------------------------------------------------------------------------------

  void children(Element at, const Rule& rule) {
    for (const Rule& child : rule.children) {
      if (enough()) return;
      std::vector<Element> members;
      for (const Element one : at.children())
        if (is_about(child.name, one)) members.push_back(one);
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
    std::vector<std::vector<Element>> in(rule.slices.size());
    std::size_t last = 0;
    Element unsliced;
    for (const Element one : members) {
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
    for (const Constraint& constraint : rule.constraints) hold(at, rule, constraint);
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

  void hold(Element at, const Rule& rule, const Constraint& constraint) {
    const auto holds = fhirpath::test(constraint.expression, at, run_.environment());
    if (!holds || *holds != false) return;  // what cannot be told is no violation
    report(Fault::invariant, at, fmt::format("{} ({}).", constraint.human, constraint.key), rule, constraint.key, {},
           constraint.is_error ? Severity::error : Severity::warning);
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

std::optional<bool> Run::conforms(Element at, std::string_view canonical) {
  if (const TypeId base = base_type(canonical); base != TypeId::none) return derives_from(at.type(), base);
  const auto found = profiles_.find(canonical);
  if (!found || !*found) return std::nullopt;
  const Profile& profile = **found;
  if (!derives_from(at.type(), profile.type)) return false;
  if (depth_ >= kDeepest) return std::nullopt;
  const auto [answer, first] = met_.emplace(std::tuple(at.tree(), at.node(), &profile), true);
  if (!first) return answer->second;
  ++depth_;
  Holding quiet(*this, nullptr);
  quiet.element(at, profile.root);
  --depth_;
  return answer->second = quiet.met();
}

bool has_slice(const Rule& rule, std::string_view slice) {
  const auto has = [&](const Rule& below) { return below.slice == slice || has_slice(below, slice); };
  return std::ranges::any_of(rule.children, has) || std::ranges::any_of(rule.slices, has);
}

std::optional<std::vector<Element>> Run::members(Element at, std::string_view canonical, std::string_view slice) const {
  const auto found = profiles_.find(canonical);
  if (!found || !*found || !has_slice((*found)->root, slice)) return std::nullopt;
  std::vector<Element> out;
  gather(at, (*found)->root, slice, out);
  return out;
}

void Run::gather(Element at, const Rule& rule, std::string_view slice, std::vector<Element>& out) const {
  for (const Rule& child : rule.children)
    for (const Element one : at.children()) {
      if (!is_about(child.name, one)) continue;
      for (const Rule& candidate : child.slices)
        if (candidate.slice == slice && child.slicing && is_in_slice(one, candidate, *child.slicing, knowledge_))
          out.push_back(one);
      gather(one, child, slice, out);
    }
}

bool Run::is_outside(Element at, std::string_view value_set) const {
  return profiles_.value_sets().member(value_set, at) == terminology::Membership::out;
}

/// The walk over a resource: what its parts claim, and its extensions.
class Walk {
 public:
  Walk(Run& run, Findings& findings, bool vital_signs) : run_(run), findings_(findings), vital_signs_(vital_signs) {}

  /// `strongest`: how bad it is at most not to meet the profile.
  void ask(Element resource, std::string_view canonical, Severity when_unknown, Severity strongest = Severity::error) {
    const auto note = [&](Fault fault, std::string text, Severity severity) {
      findings_.add(fault, resource, std::move(text), {{}, canonical, severity});
    };
    if (const TypeId base = base_type(canonical); base != TypeId::none) {
      if (!derives_from(resource.type(), base))
        note(Fault::type_unknown, fmt::format("The profile {} is of another type.", canonical), Severity::error);
      return;
    }
    const auto profile = run_.profiles().find(canonical);
    if (!profile)
      return note(Fault::not_supported,
                  fmt::format("The profile {} cannot be used: {}", canonical, profile.error().diagnostics),
                  when_unknown);
    if (!*profile)
      return note(Fault::not_supported,
                  fmt::format("The profile {} is not known here, so it was not checked.", canonical), when_unknown);
    if (!derives_from(resource.type(), (*profile)->type))
      return note(Fault::type_unknown,
                  fmt::format("The profile {} is for {}.", canonical, row_of((*profile)->type).name), Severity::error);
    if (run_.conforms(resource, canonical) == false)
      Holding(run_, &findings_, strongest).element(resource, (*profile)->root);
  }

  void resource(Element at) {
    const std::string_view implied = vital_signs_ ? vital_sign_profile(at) : std::string_view{};
    bool said = implied.empty();
    for (const Element profile : at["meta"].each("profile")) {
      ask(at, profile.value(), Severity::warning);
      said = said || profile.value().starts_with(implied);
    }
    if (!said) ask(at, implied, Severity::warning, claims_vital_sign(at) ? Severity::error : Severity::warning);
    if (const auto usable = run_.profiles().check(at); !usable)
      findings_.add(usable.error().fault, at, usable.error().diagnostics);
    below(at);
  }

 private:
  void below(Element at) {
    for (const Element child : at.children()) {
      if (findings_.full()) return;
      if (is_resource(child.type()))
        resource(child);
      else if (child.type_name() == "Extension")
        extension(child);
      else if (!child.children().empty())
        below(child);
    }
  }

  void extension(Element at) {
    const std::string_view url = at["url"].value();
    if (url.find(':') == std::string_view::npos) return below(at);
    const auto found = run_.profiles().find(url);
    if (!found || !*found) return below(at);
    const Profile& profile = **found;
    if (const std::string where = misplaced(at, profile, run_.environment()); !where.empty())
      findings_.add(Fault::business_rule, at, where, {{}, profile.url});
    Holding(run_, &findings_).element(at, profile.root);
    parts(at, profile);
    below(at);
  }

  /// The parts of an extension have urls that only its definition gives a meaning.
  void parts(Element at, const Profile& profile) {
    const auto rule = std::ranges::find(profile.root.children, "extension", &Rule::name);
    if (rule == profile.root.children.end() || rule->slices.empty()) return;
    if (rule->slicing && rule->slicing->rest == Slicing::Rest::closed) return;  // said already
    const auto is_part = [](const Rule& slice, std::string_view url) {
      const auto fixed = std::ranges::find(slice.children, "url", &Rule::name);
      return slice.slice == url || (fixed != slice.children.end() && fixed->fixed.value() == url);
    };
    for (const Element part : at.each("extension")) {
      const std::string_view url = part["url"].value();
      if (url.empty() || url.find(':') != std::string_view::npos) continue;
      if (std::ranges::none_of(rule->slices, [&](const Rule& slice) { return is_part(slice, url); }))
        findings_.add(Fault::value_malformed, part,
                      fmt::format("The extension {} has no part of this url.", profile.url), {{}, profile.url});
    }
  }

  Run& run_;
  Findings& findings_;
  bool vital_signs_;
};

}  // namespace

void check_profiles(Findings& findings, const Profiles& known, const Asked& asked) {
  Run run(known);
  Walk walk(run, findings, asked.vital_signs);
  for (const std::string& canonical : asked.profiles) walk.ask(findings.resource(), canonical, Severity::error);
  walk.resource(findings.resource());
}

std::vector<Failure> validate(Element resource, const Profiles& known, const Asked& asked, Report report) {
  Findings findings(resource, report);
  check_base(findings);
  check_profiles(findings, known, asked);
  return findings.take();
}

fhirpath::Environment environment_with(const Profiles& known) {
  fhirpath::Environment out;
  out.conforms_to = [&known](Element at, std::string_view canonical) { return conforms(at, canonical, known); };
  out.member_of = Run::member_of(known);
  out.slice = [&known](Element at, std::string_view canonical, std::string_view slice) {
    return Run(known).members(at, canonical, slice);
  };
  return out;
}

std::optional<bool> conforms(Element element, std::string_view canonical, const Profiles& known) {
  return Run(known).conforms(element, canonical);
}

}  // namespace varde::fhir
