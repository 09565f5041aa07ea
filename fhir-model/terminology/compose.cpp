#include "fhir-model/terminology/compose.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "fhir-model/terminology/codes.h"
#include "fhir-model/terminology/selection.h"

namespace varde::terminology {
namespace {

constexpr int kDeepestImport = 16;
constexpr std::size_t kMostListed = 20'000;
/// Clauses, filters and entries of expansions asked: value sets may import one another many times over.
constexpr std::size_t kMostSteps = 4'000'000;

using enum Membership;

Membership either(Membership a, Membership b) { return a == in || b == in ? in : a == unknown ? a : b; }
Membership both(Membership a, Membership b) { return a == out || b == out ? out : a == unknown ? a : b; }
Membership without(Membership a, Membership b) { return both(a, b == unknown ? b : b == in ? out : in); }

std::string canonical(fhir::Element clause) {
  const auto version = clause["version"].value();
  return version.empty() ? std::string(clause["system"].value())
                         : fmt::format("{}|{}", clause["system"].value(), version);
}

/// One include or exclude, read once.
struct Clause {
  std::string_view system;
  Codes* codes;  ///< of the system; nullptr when none is named
  bool is_list;
  std::set<std::string_view> listed;
  std::vector<fhir::Element> filters;
  std::vector<std::string_view> imports;
};

/// Works out value sets that refer to one another; keeps the systems it has read.
class Composer {
 public:
  Composer(const Written& written, Budget* budget) : written_(written), budget_(budget) {}

  Membership member(fhir::Element value_set, std::string_view system, std::string_view code, int depth = 0) {
    const auto compose = value_set["compose"];
    if (!compose) return value_set["expansion"] ? in_expansion(value_set["expansion"], system, code) : unknown;
    if (depth > kDeepestImport || is_spent()) return unknown;
    Membership found = out;
    for (const auto clause : compose.each("include")) found = either(found, in_clause(clause, system, code, depth));
    for (const auto clause : compose.each("exclude")) found = without(found, in_clause(clause, system, code, depth));
    return found;
  }

  Result<std::vector<Concept>> list(fhir::Element value_set, int depth = 0) {
    if (depth > kDeepestImport) return too_large(value_set);
    std::vector<Concept> found;
    if (!value_set["compose"]) {
      list_expansion(value_set["expansion"], found);
      return found;
    }
    for (const auto clause : value_set["compose"].each("include")) {
      auto candidates = candidates_of(clause, depth);
      FHIR_TRY(candidates);
      for (const Concept& candidate : *candidates) {
        const Membership said = member(value_set, candidate.system, candidate.code, depth);
        if (said == unknown) return is_spent() ? too_large(clause) : not_known(clause);
        if (said == in) found.push_back(candidate);
      }
      if (found.size() > kMostListed || is_spent()) return too_large(clause);
    }
    return found;
  }

 private:
  void spend(std::size_t steps) {
    steps_ += steps;
    if (budget_ != nullptr) budget_->spend(steps);
  }
  bool is_spent() const { return steps_ > kMostSteps || (budget_ != nullptr && budget_->is_spent()); }

  Codes& codes_of(fhir::Element clause) {
    const std::string name = canonical(clause);
    const auto known = systems_.find(name);
    if (known != systems_.end()) return known->second;
    const auto resource = written_ ? written_(name) : fhir::Element{};
    const bool has_codes = resource.type_name() == "CodeSystem" && resource["content"].value() != "not-present";
    return systems_.emplace(name, has_codes ? Codes(resource) : Codes(find_code_system(name))).first->second;
  }

  const Clause& read(fhir::Element source) {
    const auto [place, is_new] = clauses_.try_emplace({source.tree(), source.node()});
    Clause& clause = place->second;
    if (!is_new) return clause;
    clause.system = source["system"].value();
    clause.codes = clause.system.empty() ? nullptr : &codes_of(source);
    for (const auto listed : source.each("concept")) clause.listed.insert(listed["code"].value());
    clause.is_list = !clause.listed.empty();
    for (const auto filter : source.each("filter")) clause.filters.push_back(filter);
    for (const auto import : source.each("valueSet")) clause.imports.push_back(import.value());
    return clause;
  }

  Membership in_clause(fhir::Element source, std::string_view system, std::string_view code, int depth) {
    spend(1);
    const Clause& clause = read(source);
    if (clause.codes == nullptr && clause.imports.empty()) return out;
    Membership found = in;
    if (clause.codes != nullptr) found = system.empty() || system == clause.system ? of_system(clause, code) : out;
    for (const auto import : clause.imports)
      if (found != out) found = both(found, in_import(import, system, code, depth));
    return found;
  }

  Membership of_system(const Clause& clause, std::string_view code) {
    const auto known = clause.codes->find(code);
    const auto exact = known ? known->code : code;
    if (clause.is_list) return clause.listed.contains(exact) || clause.listed.contains(code) ? in : out;
    spend(clause.filters.size());
    if (is_spent()) return unknown;
    Membership found = clause.codes->has(exact);
    for (const auto filter : clause.filters)
      if (found != out) found = both(found, clause.codes->passes(exact, filter));
    return found;
  }

  Membership in_import(std::string_view url, std::string_view system, std::string_view code, int depth) {
    if (const auto resource = value_set(url)) return member(resource, system, code, depth + 1);
    return terminology::member(find_value_set(url), system, code);
  }

  fhir::Element value_set(std::string_view url) const {
    const auto resource = written_ ? written_(url) : fhir::Element{};
    return resource.type_name() == "ValueSet" ? resource : fhir::Element{};
  }

  static tl::unexpected<Failure> not_known(fhir::Element clause) {
    const auto system = clause["system"].value();
    return fail(Fault::not_supported,
                fmt::format("The value set cannot be listed here: not all codes of {} are known.",
                            system.empty() ? std::string_view("what it imports") : system),
                clause.path());
  }

  static tl::unexpected<Failure> too_large(fhir::Element clause) {
    return fail(
        Fault::too_large,
        fmt::format("The value set has more than {} codes or imports too many others to be listed.", kMostListed),
        clause.path());
  }

  /// Codes among which those of the clause are: the list, the whole system, or what one of its imports holds.
  Result<std::vector<Concept>> candidates_of(fhir::Element source, int depth) {
    spend(1);
    const Clause& clause = read(source);
    if (clause.is_list) return listed_by(source, clause);
    if (clause.codes != nullptr && clause.codes->all_known()) return clause.codes->all();
    Result<std::vector<Concept>> found = not_known(source);
    for (const auto import : clause.imports) {
      found = imported(import, source, depth);
      if (found) break;
    }
    return found;
  }

  static std::vector<Concept> listed_by(fhir::Element source, const Clause& clause) {
    std::vector<Concept> found;
    for (const auto listed : source.each("concept")) {
      const auto code = listed["code"].value();
      const Concept bare{clause.system, code, {}, {}, false, false, false};
      found.push_back(clause.codes != nullptr ? clause.codes->find(code).value_or(bare) : bare);
      if (listed["display"]) found.back().display = listed["display"].value();
    }
    return found;
  }

  Result<std::vector<Concept>> imported(std::string_view url, fhir::Element source, int depth) {
    if (const auto resource = value_set(url)) return list(resource, depth + 1);
    auto listed = terminology::expand(find_value_set(url));
    if (!listed) return tl::unexpected(Failure{listed.error().fault, listed.error().diagnostics, source.path(), {}});
    return std::move(listed->contains);
  }

  Membership in_expansion(fhir::Element at, std::string_view system, std::string_view code) {
    for (const auto entry : at.each("contains")) {
      spend(1);
      if (is_spent()) return unknown;
      const bool same = entry["code"].value() == code && (system.empty() || entry["system"].value() == system);
      if ((same && entry["abstract"].value() != "true") || in_expansion(entry, system, code) == in) return in;
    }
    return out;
  }

  static void list_expansion(fhir::Element at, std::vector<Concept>& found) {
    for (const auto entry : at.each("contains")) {
      if (entry["code"])
        found.push_back({entry["system"].value(),
                         entry["code"].value(),
                         entry["display"].value(),
                         {},
                         entry["abstract"].value() == "true",
                         entry["inactive"].value() == "true",
                         false});
      list_expansion(entry, found);
    }
  }

  const Written& written_;
  Budget* budget_;
  std::map<std::string, Codes> systems_;
  std::map<std::pair<const fhir::Tree*, std::uint32_t>, Clause> clauses_;  ///< by their place
  std::size_t steps_ = 0;
};

}  // namespace

Membership member(fhir::Element value_set, std::string_view system, std::string_view code, const Written& written,
                  Budget* budget) {
  return Composer(written, budget).member(value_set, system, code);
}

Result<Expansion> expand(fhir::Element value_set, const Wanted& wanted, const Written& written) {
  auto listed = Composer(written, wanted.budget).list(value_set);
  FHIR_TRY(listed);
  Wanted own = wanted;
  if (value_set["compose"]["inactive"].value() == "false") own.inactive = Inactive::leave_out;
  Selection selection(own);
  std::set<std::pair<std::string_view, std::string_view>> seen;  // several clauses may name the same
  for (const Concept& candidate : *listed)
    if (seen.emplace(candidate.system, candidate.code).second) selection.add(candidate);
  return selection.take();
}

}  // namespace varde::terminology
