#include "fhir-model/terminology/codes.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "fhir-model/terminology/rules.h"
#include "fhir-model/terminology/tables.h"

namespace varde::terminology {
namespace {

constexpr std::string_view kUcum = "http://unitsofmeasure.org";
constexpr std::uint64_t kMostPatternWork = 500'000'000;  // characters looked at, times the size of the pattern
constexpr std::size_t kMostFamilies = 64;                // kept at a time

Membership in_if(bool yes) { return yes ? Membership::in : Membership::out; }
Membership opposite(Membership of) { return of == Membership::unknown ? of : in_if(of == Membership::out); }

/// What a concept says of itself by its properties. http://hl7.org/fhir/concept-properties
void read_state(fhir::Element source, Concept& into) {
  for (const auto property : source.each("property")) {
    const auto name = property["code"].value(), value = property.choice("value").value();
    if ((name == "notSelectable" || name == "abstract") && value == "true") into.abstract = true;
    if ((name == "inactive" && value == "true") || (name == "status" && (value == "retired" || value == "inactive")))
      into.inactive = true;
    if (name == "status" && value == "deprecated") into.deprecated = true;
  }
}

/// Whether one of the comma-separated words is among the values.
bool meets(const std::vector<std::string_view>& values, std::string_view words) {
  while (true) {
    const auto comma = words.find(',');
    if (std::find(values.begin(), values.end(), words.substr(0, comma)) != values.end()) return true;
    if (comma == std::string_view::npos) return false;
    words.remove_prefix(comma + 1);
  }
}

}  // namespace

Codes::Codes(SystemId known) : known_(known) {}
Codes::Codes(Codes&&) noexcept = default;
Codes::~Codes() = default;

Codes::Codes(fhir::Element code_system) : resource_(code_system) {
  read(code_system, std::nullopt);
  link_children();
}

void Codes::read(fhir::Element parent, std::optional<std::size_t> above) {
  for (const auto source : parent.each("concept")) {
    const auto code = source["code"].value();
    const auto [place, is_new] = by_code_.try_emplace(code, entries_.size());
    if (is_new) {
      Concept said{
          resource_["url"].value(), code, source["display"].value(), source["definition"].value(), false, false, false};
      read_state(source, said);
      entries_.push_back({said, source, {}});
    }
    const std::size_t mine = place->second;
    if (above && *above != mine) entries_[mine].parents.push_back(*above);
    read(source, mine);  // as deep as the codecs let a resource be
  }
}

/// http://hl7.org/fhir/concept-properties: parent and child name further parents.
void Codes::link_children() {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    for (const auto property : entries_[i].source.each("property")) {
      const auto other = by_code_.find(property["valueCode"].value());
      if (other == by_code_.end()) continue;
      if (property["code"].value() == "child") entries_[other->second].parents.push_back(i);
      if (property["code"].value() == "parent") entries_[i].parents.push_back(other->second);
    }
  for (std::size_t i = 0; i < entries_.size(); ++i)
    for (const std::size_t parent : entries_[i].parents) entries_[parent].children.push_back(i);
}

Codes::Family Codes::relatives(std::size_t of, std::vector<std::size_t> Entry::*next) const {
  Family found(entries_.size());
  std::vector<std::size_t> waiting{of};
  while (!waiting.empty()) {
    const std::size_t at = waiting.back();
    waiting.pop_back();
    if (found[at]) continue;
    found[at] = true;
    const auto& further = entries_[at].*next;
    waiting.insert(waiting.end(), further.begin(), further.end());
  }
  return found;
}

const Codes::Family& Codes::family_of(std::size_t upper) {
  if (families_.size() >= kMostFamilies && !families_.contains(upper)) families_.clear();
  Family& family = families_[upper];
  if (family.empty()) family = relatives(upper, &Entry::children);
  return family;
}

const Codes::Entry* Codes::entry(std::string_view code) const {
  const auto found = by_code_.find(code);
  return found == by_code_.end() ? nullptr : &entries_[found->second];
}

bool Codes::all_known() const {
  return resource_ ? resource_["content"].value() == "complete"
                   : known_ != SystemId::none && describe(known_).known == Known::all;
}

Membership Codes::has(std::string_view code) const {
  if (!resource_) return in_system(known_, code);
  if (entry(code) != nullptr) return Membership::in;
  return all_known() ? Membership::out : Membership::unknown;
}

std::optional<Concept> Codes::find(std::string_view code) const {
  if (resource_) {
    const Entry* found = entry(code);
    return found != nullptr ? std::optional(found->said) : std::nullopt;
  }
  const ConceptId found = find_concept(known_, code);
  return found == ConceptId::none ? std::nullopt : std::optional(describe(found));
}

fhir::Element Codes::source(std::string_view code) const {
  const Entry* found = entry(code);
  return found != nullptr ? found->source : fhir::Element{};
}

std::vector<Concept> Codes::all() const {
  std::vector<Concept> found;
  for (const auto& entry : entries_) found.push_back(entry.said);
  if (resource_ || known_ == SystemId::none) return found;
  const auto& row = tables::row_of(known_);
  for (std::size_t i = 0; i < row.concept_count; ++i)
    found.push_back(describe(static_cast<ConceptId>(row.first_concept + i)));
  return found;
}

Membership Codes::is_a(std::string_view lower, std::string_view upper) {
  if (!resource_) {
    if (known_ == SystemId::none) return Membership::unknown;
    const auto outcome = subsumes(describe(known_).url, upper, lower);
    if (!outcome) return outcome.error().fault == Fault::code_invalid ? Membership::out : Membership::unknown;
    return in_if(*outcome == Subsumption::subsumes || *outcome == Subsumption::equivalent);
  }
  const Entry *first = entry(lower), *last = entry(upper);
  if (first == nullptr || last == nullptr) return all_known() ? Membership::out : Membership::unknown;
  return in_if(
      family_of(static_cast<std::size_t>(last - entries_.data()))[static_cast<std::size_t>(first - entries_.data())]);
}

std::vector<std::string_view> Codes::values_of(std::string_view code, std::string_view property) const {
  if (property == "code" || property == "concept") return {code};
  const auto found = find(code);
  if (property == "display") return {found ? found->display : std::string_view{}};
  std::vector<std::string_view> values;
  if (const Entry* mine = entry(code)) {
    if (property == "parent")
      for (const std::size_t parent : mine->parents) values.push_back(entries_[parent].said.code);
    else
      for (const auto said : mine->source.each("property"))
        if (said["code"].value() == property) values.push_back(said.choice("value").value());
  } else if (property == "parent" && find_concept(known_, code) != ConceptId::none) {
    for (const ConceptId parent : parents_of(find_concept(known_, code))) values.push_back(describe(parent).code);
  }
  return values;
}

Membership Codes::matches(const std::vector<std::string_view>& values, std::string_view pattern) {
  auto& compiled = patterns_[pattern];
  if (!compiled) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    compiled = std::make_unique<const RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  }
  if (!compiled->ok()) return Membership::unknown;
  for (const std::string_view value : values)
    pattern_work_ += value.size() * static_cast<std::uint64_t>(compiled->ProgramSize());
  if (pattern_work_ > kMostPatternWork) return Membership::unknown;
  return in_if(std::any_of(values.begin(), values.end(), [&](std::string_view value) {
    return RE2::FullMatch({value.data(), value.size()}, *compiled);
  }));
}

Membership Codes::passes(std::string_view code, fhir::Element filter) {
  const auto property = filter["property"].value(), op = filter["op"].value(), value = filter["value"].value();
  if (op == "is-a") return is_a(code, value);
  if (op == "is-not-a") return opposite(is_a(code, value));
  if (op == "descendent-of") return code == value ? Membership::out : is_a(code, value);
  if (op == "generalizes" && resource_ && entry(value) != nullptr && entry(code) != nullptr) {
    if (above_.size() >= kMostFamilies && !above_.contains(value)) above_.clear();
    Family& above = above_[value];
    if (above.empty()) above = relatives(static_cast<std::size_t>(entry(value) - entries_.data()), &Entry::parents);
    return in_if(above[static_cast<std::size_t>(entry(code) - entries_.data())]);
  }
  if (op == "generalizes") return is_a(value, code);
  if (property == "canonical" && op == "=" && !resource_ && known_ != SystemId::none && describe(known_).url == kUcum)
    return commensurable(code, value);
  // Of the tables' properties only these few are kept.
  constexpr std::array<std::string_view, 4> kKept{"code", "concept", "display", "parent"};
  if (!resource_ && (!all_known() || std::find(kKept.begin(), kKept.end(), property) == kKept.end()))
    return Membership::unknown;
  const auto values = values_of(code, property);
  if (op == "=") return in_if(std::find(values.begin(), values.end(), value) != values.end());
  if (op == "in") return in_if(meets(values, value));
  if (op == "not-in") return in_if(!meets(values, value));
  if (op == "exists") return in_if(values.empty() == (value == "false"));
  if (op == "regex") return matches(values, value);
  return Membership::unknown;
}

}  // namespace varde::terminology
