#include "fhir-model/profile/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "fhir-model/profile/context.h"
#include "fhir-model/profile/holding.h"
#include "fhir-model/profile/knowing.h"
#include "fhir-model/profile/vital_signs.h"
#include "fhir-model/validation/validation.h"

namespace varde::fhir {
namespace {

using namespace profile;

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
    if (run_.conforms(resource, canonical) == false) hold(run_, resource, (*profile)->root, &findings_, strongest);
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
      findings_.spend();
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
    if (found && !*found) misspelt(at["url"]);
    if (!found || !*found) return below(at);
    const Profile& profile = **found;
    if (const std::string where = misplaced(at, profile, run_.environment()); !where.empty())
      findings_.add(Fault::business_rule, at, where, {{}, profile.url});
    hold(run_, at, profile.root, &findings_);
    parts(at, profile);
    below(at);
  }

  /// An extension that nobody knows is let through; one whose url is nearly a known one was hardly meant to be another.
  void misspelt(Element url) {
    if (!findings_.wants(Severity::warning) || ++unknown_ > kMostUnknown) return;
    const std::string_view meant = run_.profiles().meant_by(url.value());
    if (meant.empty() || meant == url.value()) return;
    findings_.add(Fault::value_malformed, url,
                  fmt::format("No extension of this url is known here. Is {} meant?", meant),
                  {.source = meant, .severity = Severity::warning});
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

  static constexpr std::size_t kMostUnknown = 200;
  Run& run_;
  Findings& findings_;
  bool vital_signs_;
  std::size_t unknown_ = 0;  ///< extensions met that are not known here
};

}  // namespace

void check_profiles(Findings& findings, const Profiles& known, const Asked& asked) {
  Run run(known, findings.budget());
  Walk walk(run, findings, asked.vital_signs);
  for (const std::string& canonical : asked.profiles) walk.ask(findings.resource(), canonical, Severity::error);
  walk.resource(findings.resource());
  if (run.is_spent())
    findings.add(Fault::too_large, findings.resource(),
                 "The profiles ask for more work than one check may cost: not all that they say was checked.");
}

std::vector<Failure> validate(Element resource, const Profiles& known, const Asked& asked, Report report,
                              Budget* budget) {
  Findings findings(resource, report, budget);
  check_base(findings);
  check_profiles(findings, known, asked);
  return findings.take();
}

fhirpath::Environment environment_with(const Profiles& known) {
  fhirpath::Environment out;
  out.conforms_to = [&known](Element at, std::string_view canonical) { return conforms(at, canonical, known); };
  out.member_of = profile::member_of(known);
  out.slice = [&known](Element at, std::string_view canonical, std::string_view slice) {
    return Run(known).members(at, canonical, slice);
  };
  return out;
}

std::optional<bool> conforms(Element element, std::string_view canonical, const Profiles& known) {
  return Run(known).conforms(element, canonical);
}

}  // namespace varde::fhir
